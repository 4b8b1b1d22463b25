import { systemClock } from "@confed/kernel";
import type { Channel, Inlet, WatchResponseReceived } from "@confed/wire";

/** A screen that follows a head; the change of every console is dated by who made it. */
export class HeadWatcher {
  readonly #channel: Channel<"Head">;
  readonly #stream: Inlet<WatchResponseReceived>;
  /** How old each change was when it came, since `forget`, ms. */
  lateMs: number[] = [];
  /** Resolves when it was shown everything. */
  readonly synced: Promise<void>;
  #isSynced = false;

  constructor(channel: Channel<"Head">) {
    this.#channel = channel;
    this.#stream = channel.client.watch({ selection: "" }, { signal: new AbortController().signal });
    this.synced = new Promise((resolve, reject) => {
      this.#stream.receive(
        (message) => {
          if (message.synced) {
            this.#isSynced = true;
            resolve();
          }
          this.#take(message);
        },
        (error) => {
          reject(error ?? new Error("the watch ended"));
        },
      );
    });
    this.synced.catch(() => undefined);
  }

  forget(): void {
    this.lateMs = [];
  }

  /** Never reads again. */
  stopReading(): void {
    this.#stream.pause();
  }

  close(): void {
    this.#channel.close();
  }

  #take({ statuses }: WatchResponseReceived): void {
    if (!this.#isSynced) return;
    const nowMs = systemClock.wallTimeMs();
    for (const { sinceMs } of statuses?.consoles ?? []) this.lateMs.push(nowMs - sinceMs);
  }
}
