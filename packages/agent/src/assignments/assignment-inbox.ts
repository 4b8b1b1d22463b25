import type { AssignedConsole } from "@confed/config";
import { ConfedError, isConsoleName } from "@confed/kernel";
import type { Assigned, AssignPageReceived, ErrorDetail } from "@confed/wire";

export interface AssignmentInboxDeps {
  /** To the head. */
  readonly answer: (assigned: Assigned) => void;
  /** All that is assigned, each time that the head has said all of it. Borrowed: copy what is kept. */
  readonly onAll: (version: number, consoles: ReadonlyMap<string, AssignedConsole>) => void;
  readonly onClosed: () => void;
}

/** Bounds, with their reasons. */
const ASSIGNMENT_LIMITS = {
  /** What an agent is designed for, several times over. */
  consolesMax: 100_000,
  /** One definition; the longest that makes sense has a few hundred bytes. */
  entryLengthMax: 16 * 1024,
} as const;

/** What one head assigns over one join. */
export class AssignmentInbox {
  readonly #head: string;
  readonly #deps: AssignmentInboxDeps;
  readonly #said = new Map<string, AssignedConsole>();
  /** Of the last whole word; undefined while pages are to come. */
  #version: number | undefined;
  #answered = -1;

  constructor(head: string, deps: AssignmentInboxDeps) {
    this.#head = head;
    this.#deps = deps;
  }

  /** Throws "invalid_argument" for what nobody can be assigned, and "resource_exhausted". */
  take({ version, whole, put, removed, last }: AssignPageReceived): void {
    this.#version = undefined;
    if (whole) this.#said.clear();
    for (const name of removed) this.#said.delete(name);
    for (const { name, epoch, entry } of put) {
      checkDefinition(name, entry);
      this.#said.set(name, { epoch, entry });
    }
    if (this.#said.size > ASSIGNMENT_LIMITS.consolesMax) {
      throw new ConfedError(
        "resource_exhausted",
        `more than ${ASSIGNMENT_LIMITS.consolesMax} consoles are assigned (consolesMax)`,
        { subject: this.#head },
      );
    }
    if (!last) return;
    this.#version = version;
    this.#deps.onAll(version, this.#said);
  }

  /** Everything up to `version` is in force but what is refused. Said once for each version. */
  answer(version: number, refused: ErrorDetail[]): void {
    if (this.#version === undefined || this.#version > version || this.#version === this.#answered) return;
    this.#answered = this.#version;
    this.#deps.answer({ version: this.#version, refused });
  }

  /** The join is over. */
  close(): void {
    this.#deps.onClosed();
  }
}

function checkDefinition(name: string, entry: string): void {
  if (!isConsoleName(name) || entry.length > ASSIGNMENT_LIMITS.entryLengthMax || entry.includes("\n")) {
    throw new ConfedError("invalid_argument", "what is assigned is no console", {
      subject: name.slice(0, 140),
    });
  }
  const { name: inside } = JSON.parse(entry) as { readonly name?: unknown };
  if (inside !== name) {
    throw new ConfedError("invalid_argument", `the definition of ${name} is another console's`, {
      subject: name,
    });
  }
}
