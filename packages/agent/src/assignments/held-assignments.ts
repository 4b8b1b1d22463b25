import { readFileSync } from "node:fs";
import { type AssignedConsole, assignedTableIn, formatAssigned, parseAssigned } from "@confed/config";
import { type Clock, ConfedError, type Logger } from "@confed/kernel";
import { type Assigned, toDetail } from "@confed/wire";
import { AssignmentInbox } from "./assignment-inbox.ts";
import { WholeFile } from "./whole-file.ts";

/** What came of taking up what is assigned; `done` false: files have faults, and nothing was changed. */
export interface TakenUp {
  readonly done: boolean;
  /** Definitions that cannot be used here. */
  readonly refused: readonly ConfedError[];
}

export interface HeldAssignmentsDeps {
  readonly clock: Pick<Clock, "after">;
  readonly logger: Pick<Logger, "info" | "warn">;
  /** Of what the agent was started with. */
  readonly refused: readonly ConfedError[];
  /** Make the agent have what is held now; resolves when what is gone is let go of. */
  readonly takeUp: (by: string) => Promise<TakenUp>;
  /** Told of each change that is in force. */
  readonly onTaken?: ((head: string, version: number, count: number) => void) | undefined;
}

/** A file with a fault, or a supervisor that is busy: seen to by people, or over in a moment. */
const RETRY_MS = 5_000;

/** What an answer to a head has room for. */
const REFUSED_MAX = 50;

/**
 * The consoles that heads have assigned to this agent: said when it joins, then what changes, and kept
 * in the state directory for a start without a head. Of several heads the highest version is believed.
 * What is in memory is in force, whatever the disk does. Costs the text of each definition.
 */
export class HeldAssignments {
  readonly #deps: HeldAssignmentsDeps;
  readonly #file: WholeFile;
  readonly #inboxes = new Set<AssignmentInbox>();
  #consoles: ReadonlyMap<string, AssignedConsole> = new Map();
  #version = 0;
  #head = "";
  #text: string | undefined;
  /** Of this version what is in force is, and cannot be. */
  #inForce = 0;
  #refused: readonly ConfedError[];
  #busy = false;
  #stopped = false;
  #cancelRetry: () => void = () => undefined;

  constructor(stateDir: string, deps: HeldAssignmentsDeps) {
    this.#deps = deps;
    this.#refused = deps.refused;
    const path = assignedTableIn(stateDir);
    this.#file = new WholeFile(path, (reason) => {
      deps.logger.warn("assignments could not be kept; they are in force all the same", {
        ...{ path, cause: reason.message },
      });
    });
    this.#read(path);
  }

  /** As a loader of configuration takes it; undefined while only the state directory knows. */
  get text(): string | undefined {
    return this.#text;
  }

  /** Resolves when what is held is in the state directory: false if it could not be written there. */
  async written(): Promise<boolean> {
    await this.#file.settled();
    return !this.#file.failed;
  }

  /** Takes what one head says over one join, until `close`; `answer` sends to it. */
  inbox(head: string, answer: (assigned: Assigned) => void): AssignmentInbox {
    const inbox: AssignmentInbox = new AssignmentInbox(head, {
      answer,
      onAll: (version, consoles) => {
        this.#take(head, version, consoles);
      },
      onClosed: () => {
        this.#inboxes.delete(inbox);
      },
    });
    this.#inboxes.add(inbox);
    return inbox;
  }

  /** Final. Resolves when nothing is being written any more. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelRetry();
    return this.#file.settled();
  }

  #take(head: string, version: number, consoles: ReadonlyMap<string, AssignedConsole>): void {
    // The same head is believed whatever it counts: its store may have been put back.
    if (version < this.#version && head !== this.#head) {
      const known = this.#version;
      this.#deps.logger.warn("an older assignment is not taken over", { head, version, known });
      return;
    }
    const isInForce = this.#inForce === this.#version && sameConsoles(consoles, this.#consoles);
    this.#inForce = -1;
    this.#version = version;
    this.#head = head;
    this.#consoles = new Map(consoles);
    if (isInForce && !this.#busy) {
      this.#inForce = version;
      this.#answer();
      return;
    }
    this.#text = formatAssigned({ version, head }, consoles.values());
    this.#file.write(this.#text);
    void this.#takeUp();
  }

  async #takeUp(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#cancelRetry();
    if (this.#file.failed && this.#text !== undefined) this.#file.write(this.#text);
    try {
      while (this.#inForce !== this.#version && !this.#stopped) {
        const [head, version, consoles] = [this.#head, this.#version, this.#consoles.size];
        const { done, refused } = await this.#deps.takeUp(`head ${head}`);
        if (!done) {
          this.#retryLater();
          return;
        }
        this.#inForce = version;
        this.#refused = refused;
        this.#deps.logger.info("assignments taken over", { head, version, consoles });
        this.#deps.onTaken?.(head, version, consoles);
      }
      this.#answer();
    } catch (reason) {
      this.#deps.logger.warn("assignments are not in force yet", { cause: ConfedError.from(reason).message });
      this.#retryLater();
    } finally {
      this.#busy = false;
    }
  }

  #retryLater(): void {
    if (this.#stopped) return;
    this.#cancelRetry = this.#deps.clock.after(RETRY_MS, () => void this.#takeUp());
  }

  #answer(): void {
    const details = this.#refused.slice(0, REFUSED_MAX).map((error) => toDetail(error));
    for (const inbox of this.#inboxes) inbox.answer(this.#inForce, details);
  }

  // A damaged file assigns nothing: a head says it again.
  #read(path: string): void {
    try {
      const { head, consoles } = parseAssigned(readFileSync(path, "utf8"));
      const held = new Map<string, AssignedConsole>();
      for (const { epoch, console } of consoles)
        held.set((console as { readonly name: string }).name, { epoch, entry: JSON.stringify(console) });
      this.#version = head.version;
      this.#inForce = head.version;
      this.#head = head.head;
      this.#consoles = held;
    } catch (reason) {
      if ((reason as NodeJS.ErrnoException).code !== "ENOENT")
        this.#deps.logger.warn("the assignments kept here cannot be read", {
          ...{ path, cause: ConfedError.from(reason).message },
        });
    }
  }
}

function sameConsoles(
  a: ReadonlyMap<string, AssignedConsole>,
  b: ReadonlyMap<string, AssignedConsole>,
): boolean {
  if (a.size !== b.size) return false;
  for (const [name, { epoch, entry }] of a) {
    const other = b.get(name);
    if (other?.epoch !== epoch || other.entry !== entry) return false;
  }
  return true;
}
