import { stat } from "node:fs/promises";
import { type ConfigFiles, systemFiles } from "@confed/config";
import type { Clock } from "@confed/kernel";

/** How a file is read that others write in place. */
export const SETTLE_LIMITS = {
  /** Nobody has written for so long: a program that writes a table does not pause longer in the midst of it. */
  quietMs: 300,
  /** Whoever asks for a reload waits for this, and for the reload itself: 3 s in all. */
  waitMsMax: 1_500,
  /** Between two looks. */
  lookMs: 50,
} as const;

/** What is asked of a file before it is read. */
type LookAt = (path: string) => Promise<{ readonly size: bigint; readonly mtimeNs: bigint }>;

/**
 * Files read when nobody writes them any more: xCAT empties its file, and fills it again. One that is written on and on
 * is read as it is in the end; whoever parses it sees whether it is whole.
 */
export function settledFiles(
  clock: Pick<Clock, "nowMs" | "wallTimeMs" | "after">,
  {
    files = systemFiles,
    lookAt = systemLook,
  }: { readonly files?: ConfigFiles; readonly lookAt?: LookAt } = {},
): ConfigFiles {
  const { quietMs, waitMsMax, lookMs } = SETTLE_LIMITS;
  return {
    ...files,
    async read(path) {
      const untilMs = clock.nowMs() + waitMsMax;
      for (;;) {
        const before = await lookAt(path);
        const ageMs = clock.wallTimeMs() - Number(before.mtimeNs / 1_000_000n);
        // A time ahead of ours by more is another host's clock, and says nothing.
        const isQuiet = before.size > 0n && (ageMs >= quietMs || ageMs < -quietMs);
        const isLate = clock.nowMs() >= untilMs;
        if (isQuiet || isLate) {
          const bytes = await files.read(path);
          const after = await lookAt(path);
          if (isLate || (after.size === before.size && after.mtimeNs === before.mtimeNs)) return bytes;
        }
        await new Promise<void>((resolve) => clock.after(lookMs, resolve));
      }
    },
  };
}

const systemLook: LookAt = (path) => stat(path, { bigint: true });
