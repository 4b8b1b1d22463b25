import { type Clock, ConfedError, type Logger } from "@confed/kernel";
import type { Audit } from "@confed/trust/audit";
import type { Change, Store } from "../store/store.ts";
import type { StoredDefinition } from "./stored.ts";

/** A console that a file of the head gives to an agent. */
export interface FileAssignment {
  readonly name: string;
  readonly agent: string;
  /** An entry of a console table, as JSON. */
  readonly entry: string;
}

export interface FileDefinitionsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "warn">;
  readonly audit: Pick<Audit, "event">;
  /** Why an agent may not have a console; undefined: it may. */
  readonly refuses: (agent: string, console: string) => ConfedError | undefined;
}

/** Bounds, with their reasons. */
const FILE_ASSIGNMENT_LIMITS = {
  /** One commit, a line of the store's pipe; entries may be long. */
  commitLengthMax: 200 * 1024,
  /** The same, where they are short. */
  perCommitMax: 250,
  /** A disk that hangs. */
  retryMs: 2_000,
} as const;

/**
 * What files of the head define, in its store beside what commands have said: so other heads know it, and what
 * is gone from the files is gone. The last word counts; a store that cannot be written is tried until it can.
 */
export class FileDefinitions {
  readonly #deps: FileDefinitionsDeps;
  #wanted: ReadonlyMap<string, FileAssignment> | undefined;
  #isBusy = false;
  #isStopped = false;

  constructor(deps: FileDefinitionsDeps) {
    this.#deps = deps;
  }

  /** These, and no others. Returns at once. */
  are(assigned: readonly FileAssignment[]): void {
    this.#wanted = new Map(assigned.map((each) => [each.name, each] as const));
    if (!this.#isBusy) void this.#write();
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #write(): Promise<void> {
    const { store, clock, logger, audit } = this.#deps;
    this.#isBusy = true;
    while (this.#wanted !== undefined && !this.#isStopped) {
      const wanted = this.#wanted;
      try {
        const changes = this.#changes(wanted);
        for (let at = 0; at < changes.length; ) {
          const some = pageOf(changes, at);
          await store.commit(some);
          at += some.length;
        }
        if (changes.length > 0) {
          logger.info("consoles that files assign", { consoles: wanted.size, changed: changes.length });
          const details = { consoles: wanted.size, changed: changes.length };
          audit.event({ event: "assignment.changed", text: "by files of the head", details });
        }
        if (this.#wanted === wanted) this.#wanted = undefined;
      } catch (reason) {
        const { code, rawMessage } = ConfedError.from(reason);
        if (code === "read_only_head") {
          if (wanted.size > 0) logger.warn("files of this head assign nothing", { cause: rawMessage });
          break;
        }
        if (code !== "conflict") {
          logger.warn("what files assign is not in force yet", { cause: rawMessage });
          await new Promise<void>((resolve) => clock.after(FILE_ASSIGNMENT_LIMITS.retryMs, resolve));
        }
      }
    }
    this.#isBusy = false;
  }

  #changes(wanted: ReadonlyMap<string, FileAssignment>): Change[] {
    const { store, clock, logger, audit, refuses } = this.#deps;
    const atMs = clock.wallTimeMs();
    const changes: Change[] = [];
    for (const { key, value, revision } of store.list("definitions")) {
      if (value.file === undefined || wanted.has(key)) continue;
      const { told } = value;
      changes.push(change(key, told === undefined ? undefined : { told }, revision));
    }
    for (const { name, agent, entry } of wanted.values()) {
      const refusal = refuses(agent, name);
      if (refusal !== undefined) {
        // Written all the same, and given to nobody: the list shows why.
        const { rawMessage: text } = refusal;
        logger.warn("an assignment is refused", { console: name, agent, cause: text });
        audit.event({ event: "assignment.refused", console: name, agent, text });
      }
      const before = store.get("definitions", name);
      const { file, told } = before?.value ?? {};
      if (file?.agent === agent && file.entry === entry) continue;
      const value = { file: { agent, entry, atMs }, ...(told === undefined ? {} : { told }) };
      changes.push(change(name, value, before?.revision ?? 0));
    }
    return changes;
  }
}

function change(key: string, value: StoredDefinition | undefined, ifRevision: number): Change {
  return { kind: "definitions", key, value, ifRevision };
}

function pageOf(changes: readonly Change[], at: number): readonly Change[] {
  let length = 0;
  let end = at;
  while (
    end < changes.length &&
    end - at < FILE_ASSIGNMENT_LIMITS.perCommitMax &&
    length < FILE_ASSIGNMENT_LIMITS.commitLengthMax
  ) {
    length += JSON.stringify(changes[end]?.value ?? "").length;
    end += 1;
  }
  return changes.slice(at, end);
}
