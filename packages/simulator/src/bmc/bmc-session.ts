import {
  type CipherSuite,
  deriveRakp,
  nextSequence,
  openPacket,
  type Rakp1,
  type RakpResult,
  type RmcpPlusPacket,
  SequenceWindow,
  sealPacket,
} from "@confed/codecs";
import { systemCiphers } from "@confed/kernel";
import type { Peer } from "./peer.ts";

/** Whom a BMC lets in. */
export interface BmcUser {
  readonly user: string;
  readonly password: string;
  /** Kg. */
  readonly bmcKey?: string | undefined;
}

export interface BmcSessionOptions {
  readonly suite: CipherSuite;
  readonly consoleSessionId: number;
  readonly bmcSessionId: number;
  readonly guid: Uint8Array;
  /** As asked for in Open Session. */
  readonly openPrivilege: number;
  /** Where it came from, and where answers go. */
  readonly peer: Peer;
}

/** A BMC's end of one session, from Open Session on. Before RAKP 3 it is half open: it takes a slot, and can do nothing. */
export class BmcSession {
  readonly options: BmcSessionOptions;
  readonly bmcRandom = systemCiphers.randomBytes(16);
  privilege = 0;
  open = false;
  #rakp: RakpResult | undefined;
  #sequence = 0;
  readonly #window = new SequenceWindow();

  constructor(options: BmcSessionOptions) {
    this.options = options;
  }

  /** RAKP 1 has come: what both ends must know. */
  prove(rakp1: Rakp1, { user, password, bmcKey }: BmcUser): RakpResult {
    const { suite, consoleSessionId, bmcSessionId, guid } = this.options;
    this.#rakp = deriveRakp(
      {
        suite,
        consoleSessionId,
        bmcSessionId,
        guid,
        consoleRandom: rakp1.random,
        bmcRandom: this.bmcRandom,
        role: rakp1.role,
      },
      {
        user: Buffer.from(user),
        password: Buffer.from(password),
        bmcKey: bmcKey === undefined ? undefined : Buffer.from(bmcKey),
      },
      systemCiphers,
    );
    return this.#rakp;
  }

  /** What {@link prove} gave. */
  get rakp(): RakpResult | undefined {
    return this.#rakp;
  }

  /** The payload, if it is proved and new. */
  unseal(datagram: Uint8Array, packet: RmcpPlusPacket): Uint8Array | undefined {
    if (this.#rakp === undefined || !this.open) return undefined;
    const payload = openPacket(datagram, packet, this.#rakp.keys, systemCiphers);
    return typeof payload === "string" || !this.#window.admit(packet.sequence) ? undefined : payload;
  }

  /** Empty as long as there are no keys. */
  seal(payloadType: number, payload: Uint8Array): Uint8Array {
    if (this.#rakp === undefined) return new Uint8Array(0);
    this.#sequence = nextSequence(this.#sequence);
    const content = {
      payloadType,
      sessionId: this.options.consoleSessionId,
      sequence: this.#sequence,
      payload,
    };
    return sealPacket(content, this.#rakp.keys, systemCiphers);
  }
}
