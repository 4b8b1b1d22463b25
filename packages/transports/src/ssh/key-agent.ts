import type { Duplex } from "node:stream";
import type { IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from "ssh2";
import ssh2 from "ssh2";

type AnyKey = ParsedKey | Buffer | string;

/**
 * ssh2's client of an ssh-agent, which keeps no connection beyond `close`: an agent that never
 * answers would otherwise hold a socket for ever. A signature of the wrong form is a failed
 * method, not an exception out of a socket.
 */
export class KeyAgent extends ssh2.OpenSSHAgent {
  readonly #streams = new Set<Duplex>();
  readonly #path: string;
  #closed = false;

  constructor(path: string) {
    super(path);
    this.#path = path;
  }

  /** ssh2 connects anew for every request, through here. */
  override getStream(done: (error: Error | null | undefined, stream?: Duplex) => void): void {
    super.getStream((error, stream) => {
      if (stream !== undefined) {
        this.#streams.add(stream);
        stream.once("close", () => this.#streams.delete(stream));
        if (this.#closed) stream.destroy();
      }
      done(error, stream);
    });
  }

  override getIdentities(done: IdentityCallback<ParsedKey>): void {
    super.getIdentities((error, keys) => {
      if (this.#closed) return;
      if (error) done(new Error(`agent ${this.#path}: ${error.message}`));
      else done(undefined, keys);
    });
  }

  override sign(key: AnyKey, data: Buffer, options?: SigningRequestOptions, done?: SignCallback): boolean;
  override sign(key: AnyKey, data: Buffer, done?: SignCallback): boolean;
  override sign(
    key: AnyKey,
    data: Buffer,
    optionsOrDone?: SigningRequestOptions | SignCallback,
    done?: SignCallback,
  ): boolean {
    const [options, answer] =
      typeof optionsOrDone === "function" ? [{}, optionsOrDone] : [optionsOrDone, done];
    return super.sign(key, data, options, (error, signature) => {
      if (this.#closed) return;
      try {
        answer?.(error, signature);
      } catch {
        answer?.(new Error(`agent ${this.#path}: its signature cannot be read`));
      }
    });
  }

  /** Ends whatever is under way, without a call back. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#streams) stream.destroy();
  }
}
