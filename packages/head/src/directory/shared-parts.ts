import type { ConsoleStatusReceived } from "@confed/wire";

/** Of each kind. Where more are about, few consoles have one in common; begun anew then. */
const PARTS_MAX = 4_096;

/**
 * One object for what many consoles have in common: the names of their rack, their groups, their kind of link. Every
 * agent says them of every console anew, a quarter of all objects that a head holds; and whoever asks it waits
 * while V8 looks through these. Costs four look-ups a status.
 */
export class SharedParts {
  readonly #texts = new Map<string, string>();
  readonly #groups = new Map<string, string[]>();
  readonly #labels = new Map<string, Record<string, string>>();

  /** Give `status` the parts of an equal one that was seen before. Shared from now on: never change them. */
  share(status: ConsoleStatusReceived): void {
    status.transport = shared(this.#texts, status.transport, status.transport);
    status.description = shared(this.#texts, status.description, status.description);
    status.groups = shared(this.#groups, JSON.stringify(status.groups), status.groups);
    status.labels = shared(this.#labels, JSON.stringify(status.labels), status.labels);
  }
}

function shared<Part>(known: Map<string, Part>, key: string, own: Part): Part {
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size === PARTS_MAX) known.clear();
  known.set(key, own);
  return own;
}
