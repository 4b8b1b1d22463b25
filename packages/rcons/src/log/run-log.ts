import { EXIT, neutralise } from "@confed/kernel";
import type { ReadLogRequest } from "@confed/wire";
import picocolors from "picocolors";
import { afterGap, type Place, placeOf } from "../attach/output-place.ts";
import { gapText } from "../render/gap-text.ts";
import { TextOut } from "../render/text-out.ts";
import { readStream } from "../route/read-stream.ts";
import type { Targets } from "../route/targets.ts";
import { untilInterrupted, withPeer } from "../route/with-peer.ts";
import { followTail } from "../tail/follow-tail.ts";
import { QuietFlush } from "../tail/quiet-flush.ts";
import { wantsColour } from "../terminal/wants-colour.ts";
import type { World } from "../world.ts";
import { LogWriter } from "./log-writer.ts";

export interface LogOptions {
  readonly targets: Targets;
  readonly console: string;
  /** 0 only with `follow`. */
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
  const { targets, console, lines, follow, timestamps, raw } = options;
  const { dim } = picocolors.createColors(wantsColour(stdout, world.env));
  const terminal = stdout.isTTY === true;
  const out = new TextOut(stdout);
  const own = terminal ? out : new TextOut(stderr);
  const writer = new LogWriter({ out, timestamps, harmless: terminal && !raw, dim });
  const say = (line: string) => {
    // On a terminal the two meet: what has begun must end first.
    if (terminal) writer.endLine();
    own.line(dim(neutralise(line, 400)));
  };
  const quiet = new QuietFlush(clock, () => {
    writer.finish();
  });
  let place: Place | undefined;
  try {
    // With no lines wanted there is nothing to read: what is followed begins at the end by itself.
    if (lines !== 0) {
      await withPeer(world, targets, (peer, signal) =>
        readStream(peer.client.readLog(requestOf(options), { signal }), out, ({ chunk, gap, end }) => {
          if (chunk) writer.write(chunk.data, chunk.wallTimeMs);
          else if (gap) {
            say(gapText(gap));
            if (place !== undefined) place = afterGap(place, gap);
          } else if (end) place = placeOf(end);
        }),
      );
      if (!follow || place === undefined) return EXIT.ok;
      quiet.set(console, writer.unfinished);
    }
    return await untilInterrupted(world, (signal) =>
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
            quiet.set(console, writer.unfinished);
          },
          onGap: (_console, gap) => {
            say(gapText(gap));
          },
          say,
        },
        new Map(place === undefined ? [] : [[console, place]]),
      ),
    );
  } finally {
    quiet.finish();
    writer.finish();
  }
}

function requestOf({ console, lines, sinceMs, untilMs = 0 }: LogOptions): ReadLogRequest {
  if (lines !== undefined) return { console, untilMs, lastLines: lines };
  return { console, untilMs, sinceMs: sinceMs ?? 0 };
}
