import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { SocketAddress } from "node:net";
import { ConfedError, formatHostPort } from "@confed/kernel";
import type { Address } from "../net/address.ts";
import { countDrop, type DropCounts } from "./drop-counts.ts";

/** Where a BMC listens. */
export interface BmcAddress extends Address {
  readonly port: number;
}

/** Who hears of one BMC. */
export interface BmcListener {
  /** BORROWED: valid during the call only. */
  onDatagram(datagram: Uint8Array): void;
  /** The kernel would not send: no route, no such network. */
  onSendError(error: Error): void;
}

/** One BMC's place at a shared socket. */
export interface BmcPort {
  /** The bytes belong to the socket from then on. */
  send(datagram: Uint8Array): void;
  /** Idempotent. Nothing is heard of the BMC afterwards; the last one closes the socket. */
  close(): void;
}

export const BMC_SOCKET_LIMITS = {
  /** Hosts that print together would overrun the buffer of a socket with more. */
  bmcsMax: 128,
  /** Several datagrams of all of them. The kernel gives no more than net.core.rmem_max: 208 KiB unless raised. */
  receiveBufferBytes: 4 * 1024 * 1024,
} as const;

/**
 * The UDP sockets of an agent, each shared by many BMCs; which one a datagram is of is told by where
 * it came from. A BMC has one console: it has one serial line to give.
 */
export class BmcSockets {
  readonly #sockets: SharedSocket[] = [];
  readonly #taken = new Set<string>();
  readonly #drops: DropCounts;

  /** `drops`: where datagrams of strangers are counted. */
  constructor(drops: DropCounts = {}) {
    this.#drops = drops;
  }

  /** Sockets that are open. */
  get size(): number {
    return this.#sockets.length;
  }

  /** A place for a BMC. Rejects with "conflict" if it has one, or as the kernel refuses the socket. */
  async take(address: BmcAddress, listener: BmcListener): Promise<BmcPort> {
    const key = keyOf(canonical(address), address.port);
    if (this.#taken.has(key)) {
      const where = formatHostPort({ host: address.address, port: address.port });
      const hint = "a BMC has one console: remove one of the two definitions";
      throw new ConfedError("conflict", `another console of this agent uses the BMC ${where}`, {
        where,
        hint,
      });
    }
    this.#taken.add(key);
    const shared = this.#sharedSocket(address.family);
    shared.listeners.set(key, listener);
    let open = true;
    const close = () => {
      if (!open) return;
      open = false;
      this.#taken.delete(key);
      shared.listeners.delete(key);
      if (shared.listeners.size > 0) return;
      this.#sockets.splice(this.#sockets.indexOf(shared), 1);
      shared.socket.close();
    };
    try {
      await shared.bound;
    } catch (reason) {
      close();
      throw ConfedError.from(reason);
    }
    const onSent = (error: Error | null) => {
      if (error !== null && open) listener.onSendError(error);
    };
    return {
      send: (datagram) => {
        if (open) shared.socket.send(datagram, address.port, address.address, onSent);
      },
      close,
    };
  }

  #sharedSocket(family: Address["family"]): SharedSocket {
    const roomy = this.#sockets.find(
      (shared) => shared.family === family && shared.listeners.size < BMC_SOCKET_LIMITS.bmcsMax,
    );
    if (roomy !== undefined) return roomy;
    const opened = openShared(family, this.#drops);
    this.#sockets.push(opened);
    return opened;
  }
}

interface SharedSocket {
  readonly socket: Socket;
  readonly family: Address["family"];
  readonly bound: Promise<unknown>;
  readonly listeners: Map<string, BmcListener>;
}

function openShared(family: Address["family"], drops: DropCounts): SharedSocket {
  const listeners = new Map<string, BmcListener>();
  const socket = createSocket({
    type: family === 4 ? "udp4" : "udp6",
    recvBufferSize: BMC_SOCKET_LIMITS.receiveBufferBytes,
    // Addresses only come here: no look-up, not even of a thread of the pool.
    lookup: (address, _options, found) => {
      found(null, address, family);
    },
  });
  // Per datagram: one short string, one look-up. From elsewhere than a BMC of ours: dropped.
  socket.on("message", (datagram: Buffer, { address, port }: RemoteInfo) => {
    const listener = listeners.get(keyOf(address, port));
    if (listener === undefined) countDrop(drops, "stranger");
    else listener.onDatagram(datagram);
  });
  const bound = once(socket, "listening");
  socket.bind();
  // What fails later is told to whoever sends; here it would end the process.
  void bound.catch(() => undefined).then(() => socket.on("error", () => undefined));
  return { socket, family, bound, listeners };
}

function keyOf(address: string, port: number): string {
  return `${address} ${port}`;
}

/** As the kernel writes it in what it receives: `::1` for `0:0::1`. */
function canonical({ address, family }: Address): string {
  return new SocketAddress({ address, family: family === 4 ? "ipv4" : "ipv6" }).address;
}
