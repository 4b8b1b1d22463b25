import type { Outlet } from "@confed/wire";

/** Two pages: enough to keep a connection busy, little enough for thousands of readers. */
const BACKLOG_BYTES_MAX = 128 * 1024;

/** Between two pages: wait for a reader that is behind, and let everybody else have a turn. */
export async function breathe(outlet: Pick<Outlet<never>, "backlogBytes" | "drained">): Promise<void> {
  if (outlet.backlogBytes > BACKLOG_BYTES_MAX) await outlet.drained(BACKLOG_BYTES_MAX / 2);
  else await new Promise((resolve) => setImmediate(resolve));
}
