import type { CloseReason, LinkSink } from "@confed/transports";

/**
 * A sink that remembers, for tests that wait for what a console prints. Keeps a copy of all bytes:
 * they are borrowed.
 */
export class LinkRecorder implements LinkSink {
  /** Resolves with the reason when the link ends. */
  readonly closed: Promise<CloseReason>;
  /** How often `onClosed` was called. */
  closedCount = 0;
  /** How many bytes came after `onClosed`; never more than none. */
  lateBytes = 0;
  readonly #chunks: Buffer[] = [];
  readonly #waiters = new Set<() => void>();
  #sizeBytes = 0;
  #resolveClosed: (reason: CloseReason) => void = () => undefined;

  constructor() {
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Everything so far. */
  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Everything so far, one character a byte. */
  text(): string {
    return this.bytes().toString("latin1");
  }

  /** Resolves when the text so far contains this; rejects if the link ends before. */
  async printed(part: string): Promise<void> {
    await this.#until(() => this.text().includes(part), `"${part}"`);
  }

  /** Resolves when so many bytes have come; rejects if the link ends before. */
  async received(sizeBytes: number): Promise<void> {
    await this.#until(() => this.#sizeBytes >= sizeBytes, `${sizeBytes} bytes`);
  }

  onData(bytes: Uint8Array): void {
    if (this.closedCount > 0) this.lateBytes += bytes.length;
    this.#chunks.push(Buffer.from(bytes));
    this.#sizeBytes += bytes.length;
    this.#wake();
  }

  onClosed(reason: CloseReason): void {
    this.closedCount += 1;
    this.#resolveClosed(reason);
    this.#wake();
  }

  async #until(reached: () => boolean, what: string): Promise<void> {
    while (!reached()) {
      if (this.closedCount > 0) {
        throw new Error(
          `the link ended before ${what} came; it printed ${JSON.stringify(this.text().slice(-500))}`,
        );
      }
      await new Promise<void>((resolve) => {
        this.#waiters.add(resolve);
      });
    }
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}
