import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfedError, type Logger } from "@confed/kernel";
import { type CompiledPolicy, compilePolicy, EMPTY_POLICY, POLICY_LIMITS, parsePolicy } from "@confed/trust";
import type { TrustPageReceived } from "@confed/wire";
import { writeOwn } from "./agent-key.ts";

/**
 * The policy as this agent knows it: pushed by heads, kept in the state directory, and in force with
 * every head dead. Of several heads the one with the highest revision is believed.
 */
export class HeldPolicy {
  readonly #path: string;
  readonly #logger: Pick<Logger, "info" | "warn">;
  readonly #listeners = new Set<() => void>();
  readonly #keysOfHead = new Map<string, readonly Uint8Array[]>();
  readonly #onTaken: (head: string, revision: number) => void;
  #compiled: CompiledPolicy;

  /** `onTaken`: told of each newer one, once it is in force. */
  constructor(
    stateDir: string,
    logger: Pick<Logger, "info" | "warn">,
    onTaken: (head: string, revision: number) => void = () => undefined,
  ) {
    this.#path = join(stateDir, "policy.json");
    this.#logger = logger;
    this.#onTaken = onTaken;
    this.#compiled = compilePolicy(this.#read());
  }

  get current(): CompiledPolicy {
    return this.#compiled;
  }

  /** What the heads sign tickets with, each its own. */
  get ticketKeys(): Iterable<Uint8Array> {
    return [...this.#keysOfHead.values()].flat();
  }

  /** Called after each change. Returns how to be told no more. */
  watch(onChange: () => void): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  /** Collects what one head says over one join. Throws "invalid_argument" for what is no policy. */
  inbox(head: string): (page: Omit<TrustPageReceived, "revoked" | "revokedSignature">) => void {
    let parts: Uint8Array[] = [];
    let sizeBytes = 0;
    return ({ policy, last, ticketKeys }) => {
      sizeBytes += policy.byteLength;
      if (sizeBytes > POLICY_LIMITS.textBytesMax) {
        throw new ConfedError(
          "invalid_argument",
          `a policy of more than ${POLICY_LIMITS.textBytesMax} bytes (textBytesMax)`,
          { subject: head },
        );
      }
      parts.push(policy);
      if (!last) return;
      const text = Buffer.concat(parts).toString();
      parts = [];
      sizeBytes = 0;
      this.#take(head, text, ticketKeys);
    };
  }

  /** Tickets of this head count no more. */
  forget(head: string): void {
    if (!this.#keysOfHead.delete(head)) return;
    for (const listener of this.#listeners) listener();
  }

  #take(head: string, text: string, ticketKeys: readonly Uint8Array[]): void {
    const policy = parsePolicy(text);
    this.#keysOfHead.set(head, ticketKeys);
    if (policy.revision > this.#compiled.revision) {
      this.#compiled = compilePolicy(policy);
      this.#logger.info("policy taken over", { head, revision: policy.revision });
      this.#onTaken(head, policy.revision);
      try {
        writeOwn(this.#path, text);
      } catch (reason) {
        // In force all the same; after a restart an older one is until a head says it again.
        this.#logger.warn("the policy could not be kept", { cause: ConfedError.from(reason).message });
      }
    }
    for (const listener of this.#listeners) listener();
  }

  // A damaged file allows nothing: a head says it again, and local sockets have their roles.
  #read() {
    try {
      return parsePolicy(readFileSync(this.#path, "utf8"));
    } catch (reason) {
      if ((reason as NodeJS.ErrnoException).code !== "ENOENT")
        this.#logger.warn("the policy kept here cannot be read", { cause: ConfedError.from(reason).message });
      return EMPTY_POLICY;
    }
  }
}
