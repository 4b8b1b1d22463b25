import { neutralise } from "@confed/kernel";
import picocolors from "picocolors";
import { gapText } from "../render/gap-text.ts";
import { LineSplitter } from "../render/line-splitter.ts";
import { harmlessLine } from "../render/line-text.ts";
import { TextOut } from "../render/text-out.ts";
import type { Targets } from "../route/targets.ts";
import { untilInterrupted } from "../route/with-peer.ts";
import { wantsColour } from "../terminal/wants-colour.ts";
import type { World } from "../world.ts";
import { followTail } from "./follow-tail.ts";
import { QuietFlush } from "./quiet-flush.ts";

export interface TailOptions {
  readonly targets: Targets;
  readonly selection: string;
  /** Begin each line with the console's name. */
  readonly prefix: boolean;
}

const LINE_FEED = Buffer.from("\n");

/** `rcons tail`: whole lines of many consoles, as they print them. Ends by a signal only. */
export async function runTail(world: World, { targets, selection, prefix }: TailOptions): Promise<never> {
  const { clock, random, stdout, stderr } = world;
  const { dim } = picocolors.createColors(wantsColour(stdout, world.env));
  const out = new TextOut(stdout);
  const own = stdout.isTTY === true ? out : new TextOut(stderr);
  const splitters = new Map<string, LineSplitter>();
  const print = (console: string, line: Uint8Array) => {
    const name = prefix ? `${neutralise(console, 128)}: ` : "";
    if (stdout.isTTY === true) out.line(dim(name) + harmlessLine(line));
    else out.bytes(Buffer.concat([Buffer.from(name), line, LINE_FEED]));
  };
  const quiet = new QuietFlush(clock, (console) => {
    const line = splitters.get(console)?.flush();
    if (line !== undefined && line.length > 0) print(console, line);
  });
  try {
    return await untilInterrupted(world, (signal) =>
      followTail(
        {
          targets,
          selection,
          clock,
          random,
          signal,
          out,
          onOutput(console, data) {
            const splitter = splitters.get(console) ?? new LineSplitter();
            splitters.set(console, splitter);
            splitter.push(data, (line) => {
              print(console, line);
            });
            quiet.set(console, splitter.heldBytes > 0);
          },
          onGap(console, gap) {
            own.line(dim(`${neutralise(console, 128)}: ${gapText(gap)}`));
          },
          say(line) {
            own.line(dim(neutralise(line, 400)));
          },
        },
        new Map(),
      ),
    );
  } finally {
    quiet.finish();
  }
}
