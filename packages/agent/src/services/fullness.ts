import type { Outlet } from "@confed/wire";
import { VIEWER_LIMITS } from "../viewers/viewer-limits.ts";

/**
 * Whether a stream has as much history queued as it may: undefined while there is room, else
 * resolves when half of it is gone. Live output has the other half of the viewer's bound.
 */
export function fullness(outlet: Pick<Outlet<never>, "backlogBytes" | "drained">): Promise<void> | undefined {
  if (outlet.backlogBytes <= VIEWER_LIMITS.backlogBytesMax / 2) return undefined;
  return outlet.drained(VIEWER_LIMITS.backlogBytesMax / 4);
}
