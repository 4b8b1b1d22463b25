import { join } from "node:path";
import type { LocalSocket } from "@confed/wire";

/** Where the host's own administrators reach a head, whatever certificates they have: its own user, and root. */
export function localSocketOf(stateDir: string): string {
  return join(stateDir, "control", "head.sock");
}

/** Of whom a head is told by nobody but its state directory. */
export function headSockets(stateDir: string): readonly LocalSocket[] {
  return [{ path: localSocketOf(stateDir), group: "admin" }];
}
