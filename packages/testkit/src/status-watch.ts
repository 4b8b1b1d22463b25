import type { Client, ConsoleStatusReceived, PeerStatusReceived, WatchResponseReceived } from "@confed/wire";

/** What a head shows, followed as a screen would: the snapshot, then every change. */
export class StatusWatch {
  readonly consoles = new Map<string, ConsoleStatusReceived>();
  readonly agents = new Map<string, PeerStatusReceived>();
  /** The states each console was shown in, in order. */
  readonly history: { readonly console: string; readonly state: string }[] = [];
  #synced = false;
  #ended: { readonly error: Error | undefined } | undefined;
  #waiting: (() => void)[] = [];

  /** Begins at once. Ends with `signal`. */
  constructor(head: Client<"Head">, signal: AbortSignal, selection = "") {
    head.watch({ selection }, { signal }).receive(
      (message) => {
        this.#take(message);
        this.#wake();
      },
      (error) => {
        this.#ended = { error };
        this.#wake();
      },
    );
  }

  /** Resolves as soon as `condition` holds; rejects if the watch ends before. */
  async until(condition: () => boolean): Promise<void> {
    while (!this.#synced || !condition()) {
      if (this.#ended !== undefined) throw new Error("the watch ended", { cause: this.#ended.error });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves with a console's status when it is shown in this state. */
  async shows(console: string, state: ConsoleStatusReceived["state"]): Promise<ConsoleStatusReceived> {
    await this.until(() => this.consoles.get(console)?.state === state);
    return this.consoles.get(console)!;
  }

  #take({ statuses, agent, synced, reset }: WatchResponseReceived): void {
    if (reset) {
      this.consoles.clear();
      this.#synced = false;
    }
    for (const status of statuses?.consoles ?? []) {
      if (this.consoles.get(status.name)?.state !== status.state) {
        this.history.push({ console: status.name, state: status.state });
      }
      this.consoles.set(status.name, status);
    }
    for (const name of statuses?.removed ?? []) this.consoles.delete(name);
    if (agent) this.agents.set(agent.id, agent);
    if (synced) this.#synced = true;
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
