import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import {
  type CipherSuiteId,
  datagramKind,
  encodeIpmiResponse,
  encodePresencePong,
  encodeSolPacket,
  encodeV15Packet,
  type IpmiRequest,
  PAYLOAD_TYPE,
  parseIpmiRequest,
  parsePresencePing,
  parseRmcpPlus,
  parseSolPacket,
  parseV15Packet,
} from "@confed/codecs";
import { type Clock, ConfedError, systemCiphers } from "@confed/kernel";
import type { ConsoleLink, LinkEvents } from "../console-link.ts";
import type { Bmc } from "./bmc.ts";
import { answerCommand, answerSessionless, type CommandAnswer } from "./bmc-commands.ts";
import { type BmcFaults, NO_BMC_FAULTS } from "./bmc-faults.ts";
import type { BmcSession, BmcUser } from "./bmc-session.ts";
import { answerSetUp } from "./bmc-set-up.ts";
import { DatagramChaos } from "./datagram-chaos.ts";
import type { Peer } from "./peer.ts";
import { SolServer } from "./sol-server.ts";

export interface FakeBmcOptions {
  /** An address of this host; 127.0.0.1 unless given. */
  readonly address?: string | undefined;
  /** 0, which is meant unless given: one that is free. */
  readonly port?: number | undefined;
  /** {@link FAKE_BMC_USER} unless given. */
  readonly user?: BmcUser | undefined;
  /** 17 and 3 unless given. */
  readonly suites?: readonly CipherSuiteId[] | undefined;
  /** Of everything that is left to chance. */
  readonly seed?: number | undefined;
}

/** What a fake BMC lives on. */
export interface FakeBmcDeps {
  readonly timers: Pick<Clock, "after">;
  /** The serial port of the host, taken whenever SOL is activated. */
  readonly attach: (link: ConsoleLink) => LinkEvents;
}

/** Whom a fake BMC lets in, unless told otherwise. */
export const FAKE_BMC_USER: BmcUser = { user: "admin", password: "sim-password" };

/** Real BMCs take minutes; a test that wants to see it happen does not. */
const HALF_OPEN_MS = 5_000;
/** Of a session that is nobody's in this process. */
const THIEF_SESSION_ID = 0x5448_4946;

/** Start a BMC. Rejects as the kernel refuses its port. */
export async function startFakeBmc(options: FakeBmcOptions, deps: FakeBmcDeps): Promise<FakeBmc> {
  const { address = "127.0.0.1", port = 0 } = options;
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  const listening = once(socket, "listening");
  socket.bind(port, address);
  try {
    await listening;
  } catch (reason) {
    throw ConfedError.from(reason);
  }
  return new FakeBmc(socket, options, deps);
}

/**
 * A BMC with IPMI 2.0 Serial over LAN, and with everything that can be wrong with one, on demand.
 * Hundreds fit in a process: each costs a socket and its sessions. Made by {@link startFakeBmc}.
 */
export class FakeBmc implements Bmc, AsyncDisposable {
  /** Changeable at any time. */
  readonly faults: BmcFaults = { ...NO_BMC_FAULTS };
  readonly user: BmcUser;
  readonly suites: readonly CipherSuiteId[];
  readonly guid = systemCiphers.randomBytes(16);
  readonly sessions = new Map<number, BmcSession>();
  readonly port: number;
  /** Datagrams that came, and how often SOL was activated. */
  received = 0;
  activations = 0;
  #closed = false;
  readonly #socket: Socket;
  readonly #deps: FakeBmcDeps;
  readonly #in: DatagramChaos;
  readonly #out: DatagramChaos;
  #sol: { readonly owner: number; readonly server: SolServer | undefined } | undefined;

  constructor(socket: Socket, { user, suites, seed = 1 }: FakeBmcOptions, deps: FakeBmcDeps) {
    this.user = user ?? FAKE_BMC_USER;
    this.suites = suites ?? [17, 3];
    this.port = socket.address().port;
    this.#socket = socket;
    this.#deps = deps;
    const { timers } = deps;
    this.#in = new DatagramChaos({ faults: this.faults, timers, seed });
    this.#out = new DatagramChaos({ faults: this.faults, timers, seed: seed + 1 });
    socket.on("message", (datagram, peer) => {
      this.received += 1;
      if (this.faults.silent) return;
      this.#in.through(() => {
        this.#arrived(datagram, peer);
      });
    });
  }

  get owner(): number {
    return this.#sol?.owner ?? 0;
  }

  /** This end of SOL, while it is active. */
  get sol(): SolServer | undefined {
    return this.#sol?.server;
  }

  activate(session: BmcSession): boolean {
    if (this.#sol !== undefined) return false;
    this.activations += 1;
    const server = new SolServer({
      faults: this.faults,
      timers: this.#deps.timers,
      send: (packet) => {
        this.#send(session.options.peer, session.seal(PAYLOAD_TYPE.sol, encodeSolPacket(packet)));
      },
      onHungUp: () => {
        this.endSol({ notice: false });
      },
    });
    this.#sol = { owner: session.options.bmcSessionId, server };
    server.attach(this.#deps.attach(server));
    return true;
  }

  endSol({ notice }: { readonly notice: boolean }): void {
    const sol = this.#sol;
    this.#sol = undefined;
    sol?.server?.end({ notice });
  }

  /** A session that nobody sees takes SOL; whose it was may be told. */
  steal({ notice }: { readonly notice: boolean }): void {
    this.endSol({ notice });
    this.#sol = { owner: THIEF_SESSION_ID, server: undefined };
  }

  /** All sessions are forgotten without a word: a restart, or a silent expiry. */
  forgetSessions(): void {
    this.endSol({ notice: false });
    this.sessions.clear();
  }

  closeSession({ options: { bmcSessionId } }: BmcSession): void {
    if (this.owner === bmcSessionId) this.endSol({ notice: false });
    this.sessions.delete(bmcSessionId);
  }

  forgetHalfOpen(session: BmcSession): void {
    this.#deps.timers.after(HALF_OPEN_MS, () => {
      if (!session.open) this.closeSession(session);
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.forgetSessions();
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #arrived(datagram: Uint8Array, peer: Peer): void {
    const kind = datagramKind(datagram);
    if (kind === "asf") this.#onPing(datagram, peer);
    else if (kind === "v15") this.#onV15(datagram, peer);
    else if (kind === "v20") this.#onV20(datagram, peer);
  }

  #onPing(datagram: Uint8Array, peer: Peer): void {
    const tag = parsePresencePing(datagram);
    if (tag !== undefined) this.#send(peer, encodePresencePong(tag));
  }

  #onV15(datagram: Uint8Array, peer: Peer): void {
    const message = parseV15Packet(datagram);
    const request = message && parseIpmiRequest(message);
    if (request === undefined) return;
    this.#send(peer, encodeV15Packet(responseTo(request, answerSessionless(this, request))));
  }

  #onV20(datagram: Uint8Array, peer: Peer): void {
    const packet = parseRmcpPlus(datagram);
    if (packet === undefined) return;
    const session = this.sessions.get(packet.sessionId);
    if (session === undefined) {
      const answer = packet.sessionId === 0 ? answerSetUp(this, peer, packet) : undefined;
      if (answer !== undefined) this.#send(peer, answer);
      return;
    }
    const payload = session.unseal(datagram, packet);
    if (payload === undefined) return;
    if (packet.payloadType === PAYLOAD_TYPE.sol) {
      const sol = parseSolPacket(payload);
      if (sol !== undefined && this.owner === packet.sessionId) this.sol?.receive(sol);
      return;
    }
    const request = parseIpmiRequest(payload);
    const answer = request && answerCommand(this, session, request);
    if (request === undefined || answer === undefined) return;
    const response = responseTo(request, answer);
    if (this.faults.wrongSums) response.set([(response.at(-1) ?? 0) ^ 0xff], response.length - 1);
    this.#send(peer, session.seal(PAYLOAD_TYPE.ipmi, response));
  }

  #send({ address, port }: Peer, datagram: Uint8Array): void {
    this.#out.through(() => {
      // The other end may be gone, and so may we: datagrams need no listener.
      this.#socket.send(datagram, port, address, () => undefined);
    });
  }
}

function responseTo({ netFn, command, sequence }: IpmiRequest, { code, data }: CommandAnswer): Uint8Array {
  return encodeIpmiResponse({ netFn, command, sequence, code, data: Uint8Array.from(data) });
}
