import { inspect } from "node:util";

/**
 * A value that no log, error, JSON or inspection shows. Only `reveal` gives it out, at the one
 * place where it goes to a peer.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Never store or print the result. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return "[redacted]";
  }

  toJSON(): string {
    return "[redacted]";
  }

  [inspect.custom](): string {
    return "[redacted]";
  }
}
