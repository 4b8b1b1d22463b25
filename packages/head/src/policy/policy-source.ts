import { type Cancel, ConfedError, type Logger } from "@confed/kernel";
import {
  type Binding,
  type CompiledPolicy,
  compilePolicy,
  EMPTY_POLICY,
  formatPolicy,
  type Policy,
  parsePolicy,
  type Role,
  verbSet,
} from "@confed/trust";
import type { Store, StoredKind } from "../store/store.ts";

const KINDS = ["roles", "bindings", "revocations"] as const satisfies readonly StoredKind[];

/**
 * The policy as the store has it, ready for decisions and as the text that agents are given. Its
 * revision is the store's when it last changed: it only grows, also over restarts.
 */
export class PolicySource {
  readonly #store: Pick<Store, "list" | "revision" | "subscribe">;
  readonly #logger: Pick<Logger, "error">;
  readonly #listeners = new Set<() => void>();
  readonly #cancels: readonly Cancel[];
  #compiled: CompiledPolicy = compilePolicy(EMPTY_POLICY);
  #text = formatPolicy(EMPTY_POLICY);
  #isDue = false;

  constructor(store: Pick<Store, "list" | "revision" | "subscribe">, logger: Pick<Logger, "error">) {
    this.#store = store;
    this.#logger = logger;
    this.#read();
    this.#cancels = KINDS.map((kind) =>
      store.subscribe(kind, () => {
        this.#changed();
      }),
    );
  }

  get current(): CompiledPolicy {
    return this.#compiled;
  }

  /** As agents are told it. */
  get text(): string {
    return this.#text;
  }

  /** Called after each change. Returns how to be told no more. */
  watch(onChange: () => void): Cancel {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  close(): void {
    for (const cancel of this.#cancels) cancel();
  }

  // One commit may change many entries, and all of it is there when the first is told.
  #changed(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#read();
      for (const listener of this.#listeners) listener();
    });
  }

  #read(): void {
    const text = formatPolicy(storedPolicy(this.#store));
    try {
      this.#compiled = compilePolicy(parsePolicy(text));
      this.#text = text;
    } catch (reason) {
      // Written by another version, say: what is in force stays.
      this.#logger.error("the store's policy cannot be read; the one before it stays in force", {
        cause: ConfedError.from(reason).message,
      });
    }
  }
}

/** What a store says about who may do what. */
export function storedPolicy(store: Pick<Store, "list" | "revision">): Policy {
  return {
    revision: store.revision,
    roles: store.list("roles").map(
      ({ key: name, value: { rules } }): Role => ({
        name,
        rules: rules.map((rule) => ({ ...rule, verbs: verbSet(rule.verbs) })),
      }),
    ),
    bindings: store.list("bindings").map(({ key: to, value: { roles } }): Binding => ({ to, roles })),
    revoked: store.list("revocations").map(({ key: subject, revision }) => ({ subject, revision })),
  };
}
