import type { GapRecord } from "@confed/codecs";
import type { Rotation } from "../writer-messages.ts";
import type { ConsoleIndexDeps } from "./console-index.ts";
import type { LogFolder } from "./log-folder.ts";
import type { OpenFiles } from "./open-files.ts";
import type { Vouched } from "./replay-journal.ts";

/** What a console's log needs of the writer that it belongs to. */
export interface ConsoleLogDeps extends ConsoleIndexDeps {
  readonly path: string;
  /** What belongs behind the index, and a full disk did not take. */
  readonly lateLines?: string | undefined;
  readonly logs: OpenFiles;
  /** Where `path` is. */
  readonly folder: LogFolder;
  /** What the console printed last, up to an offset. */
  recent(end: number): Uint8Array;
  readonly wallTimeMs: () => number;
  onGap(gap: GapRecord): void;
  /** When the file is full: what it holds moves to a segment of its own. */
  readonly rotate?: Rotation | undefined;
  readonly onRotated?: ((segment: string, log: string) => void) | undefined;
  /** Somebody who hangs may still append to what is there: begin with a file of our own. */
  readonly leaveFile?: boolean | undefined;
  /** As far as a journal knows what was durable; what a file has beyond is not believed. */
  readonly vouched?: Vouched | undefined;
}
