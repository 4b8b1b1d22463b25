/**
 * The segment keeper: a child process of a log writer that rotates. Its first argument is what to
 * do, as JSON; on stdin come paths of logs, one a line, each to be looked after from then on. Ends
 * when stdin does.
 */
import { constants, setPriority } from "node:os";
import { createInterface } from "node:readline";
import { type Cancel, ConfedError, systemClock } from "@confed/kernel";
import type { WriterOptions } from "../writer-messages.ts";
import { SegmentKeeper } from "./segment-keeper.ts";

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
// Everybody else comes first.
setPriority(constants.priority.PRIORITY_LOW);

const options = JSON.parse(process.argv[2] ?? "{}") as Pick<WriterOptions, "compress" | "keep">;
const keeper = new SegmentKeeper(options, {
  wallTimeMs: () => systemClock.wallTimeMs(),
  onTrouble: (path, reason) => {
    process.stderr.write(`segment ${path}: ${ConfedError.from(reason, "unavailable").message}\n`);
  },
});

/** After a rotation others usually follow. */
const SOON_MS = 500;
/** For what comes with time: age, and the disk that others fill. */
const EVERY_MS = 30_000;

let cancel: Cancel | undefined;
let soon = false;
lookIn(EVERY_MS);

createInterface({ input: process.stdin })
  .on("line", (log) => {
    keeper.add(log);
    if (soon) return;
    soon = true;
    lookIn(SOON_MS);
  })
  .on("close", () => {
    cancel?.();
  });

function lookIn(delayMs: number): void {
  cancel?.();
  cancel = systemClock.after(delayMs, () => {
    soon = false;
    lookIn(EVERY_MS);
    keeper.look();
  });
}
