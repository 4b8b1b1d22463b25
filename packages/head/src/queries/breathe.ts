import type { Outlet } from "@confed/wire";

/** Two pages: enough to keep a connection busy, little enough for thousands of readers. */
const BACKLOG_BYTES_MAX = 128 * 1024;

/**
 * Between two pages: wait for a reader that is behind, and let everybody else have a turn. However many read
 * at once, one page is made in each turn of the event loop: fifty screens that come back together after a
 * restart keep nobody who asks for one console waiting for fifty pages.
 */
export async function breathe(outlet: Pick<Outlet<never>, "backlogBytes" | "drained">): Promise<void> {
  if (outlet.backlogBytes > BACKLOG_BYTES_MAX) await outlet.drained(BACKLOG_BYTES_MAX / 2);
  await new Promise<void>((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(nextTurn);
  });
}

/** Of the whole process, as its event loop is. Bounded by the readers there are, each waits once. */
const waiting: (() => void)[] = [];

function nextTurn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(nextTurn);
}
