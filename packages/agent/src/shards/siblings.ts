import { ConfedError } from "@confed/kernel";
import { type Channel, type ChannelTls, type Client, openChannel, type TlsProvider } from "@confed/wire";

/** Another shard of this host. */
export interface Sibling {
  readonly index: number;
  readonly client: Client<"Agent">;
}

/**
 * The other shards of this host, asked on their inner addresses: there a shard answers for what is
 * its own, so that nobody is sent round in circles. Channels are made when first needed.
 */
export class Siblings {
  readonly #where: (names: readonly string[]) => Promise<readonly (number | null)[]>;
  #addresses: readonly (string | null)[] = [];
  #self = 0;
  #tls: ChannelTls | undefined;
  readonly #channels = new Map<number, { readonly address: string; readonly channel: Channel<"Agent"> }>();

  constructor(where: (names: readonly string[]) => Promise<readonly (number | null)[]>) {
    this.#where = where;
  }

  /** Whom they are: the same machine as we. Without it, all is plain. Before anybody is asked. */
  know(guard: { readonly tls: TlsProvider; readonly machine: string } | undefined): void {
    this.#tls = guard && { provider: guard.tls, id: guard.machine };
  }

  /** By index; null: it does not serve now. What was open to an address that is no more is closed. */
  are(addresses: readonly (string | null)[], self: number): void {
    this.#addresses = addresses;
    this.#self = self;
    for (const [index, { address, channel }] of this.#channels) {
      if (addresses[index] === address) continue;
      this.#channels.delete(index);
      channel.close(shardEnded(index));
    }
  }

  /** Every other shard; undefined for one that does not serve now. */
  others(): readonly { readonly index: number; readonly sibling: Sibling | undefined }[] {
    return this.#addresses.flatMap((_, index) =>
      index === this.#self ? [] : [{ index, sibling: this.#at(index) }],
    );
  }

  /** The shard that has each of these; undefined for what none has. Waits while one is being handed over. */
  async where(names: readonly string[]): Promise<readonly (number | undefined)[]> {
    if (names.length === 0) return [];
    return (await this.#where(names)).map((shard) => shard ?? undefined);
  }

  /** Throws "agent_unreachable" for one that does not serve now. */
  sibling(index: number): Sibling {
    const found = this.#at(index);
    if (found !== undefined) return found;
    throw new ConfedError("agent_unreachable", `shard ${index} of this agent is being started again`, {
      hint: "it comes back by itself; the agent's log says why it ended",
    });
  }

  isSelf(index: number): boolean {
    return index === this.#self;
  }

  /** Whoever is served by another shard through this one is told so. */
  close(): void {
    const reason = new ConfedError("unavailable", "this process of the agent ends", {
      hint: "try again: another process of the agent has the console",
    });
    for (const { channel } of this.#channels.values()) channel.close(reason);
    this.#channels.clear();
  }

  #at(index: number): Sibling | undefined {
    const address = this.#addresses[index];
    if (address === undefined || address === null) return undefined;
    const known = this.#channels.get(index);
    const { channel } = known ?? { channel: openChannel("Agent", address, this.#tls) };
    if (known === undefined) this.#channels.set(index, { address, channel });
    return { index, client: channel.client };
  }
}

/** Where it was asked is nothing that people know of. */
export function shardEnded(index: number): ConfedError {
  return new ConfedError("agent_unreachable", `shard ${index} of this agent ended`, {
    hint: "it comes back by itself; the agent's log says why it ended",
  });
}
