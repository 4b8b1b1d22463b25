import { ConfedError } from "@confed/kernel";

/** Whoever read it is gone, a pipe or a terminal: the end of the work, not a failure. */
const READER_GONE = new Set(["EPIPE", "EIO"]);

/** Why standard output cannot be written (a full disk), or undefined where only its reader is gone. */
export function outputFailure({ code = "", message }: NodeJS.ErrnoException): ConfedError | undefined {
  if (READER_GONE.has(code)) return undefined;
  // "ENOSPC: no space left on device, write"
  const [, text = message] = /^[A-Z0-9]+: (.+?)(?:, \w+)?$/.exec(message) ?? [];
  return new ConfedError("data_loss", text, { subject: "standard output" });
}
