import type { Inlet, Outlet } from "@confed/wire";

/** What may wait for a receiver before its source is held back; at half of it the source goes on. */
const BACKLOG_BYTES_MAX = 256 * 1024;

/**
 * Returns what to call after each message that was passed from `source` to `sink`: while more than
 * 256 KiB wait at the sink the source is not read, and flow control holds its sender.
 */
export function backpressure(
  source: Pick<Inlet<never>, "pause" | "resume">,
  sink: Pick<Outlet<never>, "backlogBytes" | "drained">,
): () => void {
  let paused = false;
  return () => {
    if (paused || sink.backlogBytes <= BACKLOG_BYTES_MAX) return;
    paused = true;
    source.pause();
    void sink.drained(BACKLOG_BYTES_MAX / 2).then(() => {
      paused = false;
      source.resume();
    });
  };
}
