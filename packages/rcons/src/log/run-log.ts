import { EXIT } from "@confed/kernel";
import type { ReadLogRequest } from "@confed/wire";
import picocolors from "picocolors";
import { afterGap, type Place, placeOf } from "../attach/output-place.ts";
import { gapText } from "../render/gap-text.ts";
import { TextOut } from "../render/text-out.ts";
import { readStream } from "../route/read-stream.ts";
import type { Targets } from "../route/targets.ts";
import { untilInterrupted, withPeer } from "../route/with-peer.ts";
import { followTail } from "../tail/follow-tail.ts";
import { wantsColour } from "../terminal/wants-colour.ts";
import type { World } from "../world.ts";
import { LogWriter } from "./log-writer.ts";

export interface LogOptions {
  readonly targets: Targets;
  readonly console: string;
  readonly lines: number | undefined;
  readonly sinceMs: number | undefined;
  readonly untilMs: number | undefined;
  readonly follow: boolean;
  readonly timestamps: boolean;
  /** Bytes as they are, even to a terminal. */
  readonly raw: boolean;
}

/** `rcons log`: what the console has printed, and with `follow` what it goes on to print. */
export async function runLog(world: World, options: LogOptions): Promise<number> {
  const { clock, random, stdout, stderr } = world;
  const { targets, console, follow, timestamps, raw } = options;
  const { dim } = picocolors.createColors(wantsColour(stdout, world.env));
  const terminal = stdout.isTTY === true;
  const out = new TextOut(stdout);
  const own = terminal ? out : new TextOut(stderr);
  const writer = new LogWriter({ out, timestamps, harmless: terminal && !raw, dim });
  const say = (line: string) => {
    // On a terminal the two meet: what has begun must end first.
    if (terminal) writer.endLine();
    own.line(dim(line));
  };
  let place: Place | undefined;
  await withPeer(world, targets, (peer, signal) =>
    readStream(peer.client.readLog(requestOf(options), { signal }), out, ({ chunk, gap, end }) => {
      if (chunk) writer.write(chunk.data, chunk.wallTimeMs);
      else if (gap) {
        say(gapText(gap));
        if (place !== undefined) place = afterGap(place, gap);
      } else if (end) place = placeOf(end);
    }),
  );
  if (!follow || place === undefined) {
    writer.finish();
    return EXIT.ok;
  }
  const from = new Map([[console, place]]);
  return untilInterrupted(world, (signal) =>
    followTail(
      {
        targets,
        selection: console,
        clock,
        random,
        signal,
        out,
        onOutput: (_console, data) => {
          writer.write(data, clock.wallTimeMs());
        },
        onGap: (_console, gap) => {
          say(gapText(gap));
        },
        say,
      },
      from,
    ),
  );
}

function requestOf({ console, lines, sinceMs, untilMs = 0 }: LogOptions): ReadLogRequest {
  if (lines !== undefined) return { console, untilMs, lastLines: lines };
  return { console, untilMs, sinceMs: sinceMs ?? 0 };
}
