import { dirname } from "node:path";
import type { GapRecord, IndexRecord } from "@confed/codecs";
import { indexPathOf, pathOfLog } from "../log-path.ts";
import type { OpenLog, Rotation, WriterOptions, WriterReply } from "../writer-messages.ts";
import type { ConsoleLogDeps } from "./console-log-deps.ts";
import type { IndexReserve } from "./index-reserve.ts";
import type { LogFolder } from "./log-folder.ts";
import type { OpenFiles } from "./open-files.ts";
import type { Vouched } from "./replay-journal.ts";

/** What all logs of a writer have in common. */
export interface SharedLogDeps
  extends Pick<ConsoleLogDeps, "logs" | "indexes" | "reserve" | "onIndex" | "onRotated"> {
  readonly options: WriterOptions;
  readonly wallTimeMs: () => number;
  readonly monotonicMs: () => number;
  readonly folderOf: (path: string) => LogFolder;
  readonly recent: (number: number, end: number) => Uint8Array;
  readonly vouched: ReadonlyMap<string, Vouched>;
  readonly toJournal: (number: number, record: IndexRecord) => void;
  readonly reply: (reply: WriterReply) => void;
}

/**
 * The writer as one console's log sees it. There are ten thousand, most of them of consoles that say
 * nothing: it keeps what the console is called, and looks everything else up.
 */
export class LogContext implements ConsoleLogDeps {
  readonly name: string;
  readonly path: string;
  readonly #number: number;
  readonly #shared: SharedLogDeps;
  readonly #journaled: boolean;

  constructor({ name, number, path, journal = false }: OpenLog, shared: SharedLogDeps) {
    this.name = name;
    this.#number = number;
    this.#shared = shared;
    this.#journaled = journal;
    this.path = pathOfLog(path ?? shared.options.pathTemplate, name);
  }

  get indexPath(): string {
    return indexPathOf(this.#shared.options.stateDir, this.name);
  }

  get folder(): LogFolder {
    return this.#shared.folderOf(dirname(this.path));
  }

  get logs(): OpenFiles {
    return this.#shared.logs;
  }

  get indexes(): OpenFiles {
    return this.#shared.indexes;
  }

  get reserve(): IndexReserve | undefined {
    return this.#shared.reserve;
  }

  get lateLines(): string | undefined {
    return this.#shared.reserve?.linesOf(this.name);
  }

  get onIndex(): ConsoleLogDeps["onIndex"] {
    return this.#shared.onIndex;
  }

  get onRotated(): ConsoleLogDeps["onRotated"] {
    return this.#shared.onRotated;
  }

  get rotate(): Rotation | undefined {
    return this.#shared.options.rotate;
  }

  get leaveFile(): boolean | undefined {
    return this.#shared.options.leaveFiles;
  }

  get vouched(): Vouched | undefined {
    return this.#shared.vouched.get(this.name);
  }

  get journal(): ConsoleLogDeps["journal"] {
    if (!this.#journaled) return undefined;
    return (record) => {
      this.#shared.toJournal(this.#number, record);
    };
  }

  get wallTimeMs(): () => number {
    return this.#shared.wallTimeMs;
  }

  get monotonicMs(): () => number {
    return this.#shared.monotonicMs;
  }

  recent(end: number): Uint8Array {
    return this.#shared.recent(this.#number, end);
  }

  onGap(gap: GapRecord): void {
    this.#shared.reply({ tell: "gap", number: this.#number, gap });
  }
}
