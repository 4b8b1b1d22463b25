import type { Ciphers } from "@confed/kernel";
import { CIPHER_SUITES, type CipherSuite, type CipherSuiteId } from "./cipher-suite.ts";
import { encodeIpmiRequest, encodeV15Packet, parseIpmiResponse, parseV15Packet } from "./ipmi-message.ts";
import { readUint32 } from "./little-endian.ts";
import { encodeOpenSessionRequest, parseOpenSessionResponse, RMCP_PLUS_STATUS } from "./open-session.ts";
import { encodeRakp1, encodeRakp3, parseRakp2, parseRakp4, RANDOM_BYTES } from "./rakp.ts";
import { deriveRakp, type RakpResult, type RakpSecrets } from "./rakp-keys.ts";
import { datagramKind } from "./rmcp.ts";
import {
  type DropCause,
  encodeUnprotected,
  openPacket,
  PAYLOAD_TYPE,
  parseRmcpPlus,
  type RmcpPlusPacket,
  type SessionKeys,
  sealPacket,
} from "./rmcp-plus.ts";
import { isNewer, nextSequence, SequenceWindow } from "./sequence-window.ts";
import type { SessionEvent, SessionRequest, SolOwner } from "./session-state.ts";
import {
  type ActivatedPayload,
  activatePayloadRequest,
  authCapabilitiesRequest,
  closeSessionRequest,
  deactivatePayloadRequest,
  IPMI_COMMAND,
  NETFN_APP,
  parseActivated,
  parsePayloadOwner,
  payloadInstanceInfoRequest,
  speaksV20,
} from "./sol-commands.ts";
import { encodeSolPacket, parseSolPacket, type SolPacket } from "./sol-packet.ts";

/** What a channel is made of. */
export interface ConsoleChannelOptions {
  readonly secrets: RakpSecrets;
  readonly ciphers: Ciphers;
  /** Session ids that were ours before: what they hold is a leftover of ours. */
  readonly formerSessions?: ReadonlySet<number>;
  /** FreeIPMI's `nochecksumcheck`: inside the session, where an integrity code covers the message. */
  readonly ignoreChecksums?: boolean;
  /** FreeIPMI's `intel20`: RAKP 4 proves nothing where packets have no integrity code. */
  readonly proofByIntegrity?: boolean;
  /** ipmitool's `i82571spt`: a network card that passes the rest through. */
  readonly passThrough?: boolean;
  /** FreeIPMI's `authcap`: whatever the BMC says, it speaks IPMI 2.0. */
  readonly ignoreCapabilities?: boolean;
}

/** What a datagram said: an event of the session, with what else was in it, or a packet of SOL. */
export type ChannelMessage =
  | {
      readonly type: "event";
      readonly event: SessionEvent;
      readonly activated?: ActivatedPayload | undefined;
    }
  | { readonly type: "sol"; readonly packet: SolPacket };

interface Login {
  readonly suite: CipherSuite;
  readonly privilege: number;
  readonly consoleSessionId: number;
}

/** Look the user up by name alone, whatever privilege was asked for. */
const NAME_ONLY = 0x10;

/**
 * The console's end of RMCP+ with one BMC, without the socket: requests to datagrams, datagrams to
 * events. Whatever is not for it, not proved, or not waited for is a {@link DropCause}; it never throws,
 * and it never answers by itself.
 */
export class ConsoleChannel {
  readonly #options: ConsoleChannelOptions;
  readonly #ciphers: Ciphers;
  #login: Login | undefined;
  /** Ours, until the keys are there. */
  #random: Uint8Array = NOTHING;
  #bmcSessionId = 0;
  /** From RAKP 2 on: what RAKP 3 and 4 must say, and the keys. */
  #rakp: RakpResult | undefined;
  /** From RAKP 4 on. */
  #keys: SessionKeys | undefined;
  #window = new SequenceWindow();
  #sequence = 0;
  /** The session's number of the newest packet that had characters, or asked for an acknowledgement. */
  #newestOutput = 0;
  #tag = 0;
  #asked: { readonly request: SessionRequest; readonly command: number; readonly number: number } | undefined;
  #commandNumber = 0;

  constructor(options: ConsoleChannelOptions) {
    this.#options = options;
    this.#ciphers = options.ciphers;
  }

  /** The suite that the session has, or would have. */
  get suite(): CipherSuiteId | undefined {
    return this.#login?.suite.id;
  }

  /** Both ids of the session, once there is one. */
  get sessionIds(): readonly number[] {
    return this.#login === undefined || this.#bmcSessionId === 0
      ? []
      : [this.#login.consoleSessionId, this.#bmcSessionId];
  }

  /** Begin anew: other ids, other random bytes. */
  newLogin({ suite, privilege }: { readonly suite: CipherSuiteId; readonly privilege: number }): void {
    const consoleSessionId = readUint32(this.#ciphers.randomBytes(4), 0) || 1;
    this.#random = this.#ciphers.randomBytes(RANDOM_BYTES);
    this.#login = { suite: CIPHER_SUITES[suite], privilege, consoleSessionId };
    this.#bmcSessionId = 0;
    this.#rakp = undefined;
    this.#keys = undefined;
    this.#window = new SequenceWindow();
    this.#sequence = 0;
    this.#newestOutput = 0;
    this.#asked = undefined;
  }

  /**
   * The datagram of a request. A repeated one has the same number inside, so that a late answer to the
   * first still counts, and another one outside. Empty if the session is not that far.
   */
  request(
    request: SessionRequest,
    { privilege, plain }: { readonly privilege: number; readonly plain: boolean },
  ): Uint8Array {
    const login = this.#login;
    if (login === undefined) return NOTHING;
    const { suite, consoleSessionId } = login;
    switch (request) {
      case "capabilities": {
        const data = authCapabilitiesRequest(privilege, { plain });
        const command = IPMI_COMMAND.getChannelAuthCapabilities;
        return encodeV15Packet(this.#message(request, command, data));
      }
      case "open_session":
        return encodeUnprotected(
          PAYLOAD_TYPE.openSessionRequest,
          encodeOpenSessionRequest({ tag: this.#nextTag(request), privilege, consoleSessionId, suite }),
        );
      case "rakp1": {
        const { user } = this.#options.secrets;
        const who = { role: this.#role, user, wholeUser: this.#options.passThrough };
        const what = { tag: this.#nextTag(request), bmcSessionId: this.#bmcSessionId, random: this.#random };
        return encodeUnprotected(PAYLOAD_TYPE.rakp1, encodeRakp1({ ...what, ...who }));
      }
      case "rakp3": {
        const code = this.#rakp?.rakp3Code ?? NOTHING;
        const rakp3 = { tag: this.#nextTag(request), status: 0, bmcSessionId: this.#bmcSessionId, code };
        return encodeUnprotected(PAYLOAD_TYPE.rakp3, encodeRakp3(rakp3));
      }
      case "privilege":
        return this.#command(request, IPMI_COMMAND.setSessionPrivilege, Uint8Array.of(privilege));
      case "activate": {
        const data = activatePayloadRequest({ suite, passThrough: this.#options.passThrough });
        return this.#command(request, IPMI_COMMAND.activatePayload, data);
      }
      case "owner":
        return this.#command(request, IPMI_COMMAND.getPayloadInstanceInfo, payloadInstanceInfoRequest());
      case "deactivate":
        return this.#command(request, IPMI_COMMAND.deactivatePayload, deactivatePayloadRequest());
      case "device":
        return this.#command(request, IPMI_COMMAND.getDeviceId, NOTHING);
      case "close":
        return this.#command(request, IPMI_COMMAND.closeSession, closeSessionRequest(this.#bmcSessionId));
    }
  }

  /** The datagram that says: your proof is wrong, forget this session. */
  decline(): Uint8Array {
    const status = RMCP_PLUS_STATUS.invalidIntegrityCheckValue;
    const rakp3 = { tag: this.#nextTag("rakp3"), status, bmcSessionId: this.#bmcSessionId, code: NOTHING };
    return encodeUnprotected(PAYLOAD_TYPE.rakp3, encodeRakp3(rakp3));
  }

  /** The datagram of a SOL packet; empty if there is no session. */
  sol(packet: SolPacket): Uint8Array {
    return this.#seal(PAYLOAD_TYPE.sol, encodeSolPacket(packet));
  }

  /** What a datagram of this BMC means. Views into it, or into what was decrypted. */
  receive(datagram: Uint8Array): ChannelMessage | DropCause {
    const kind = datagramKind(datagram);
    if (kind === "v15") return this.#onV15(datagram);
    const packet = kind === "v20" ? parseRmcpPlus(datagram) : undefined;
    if (packet === undefined) return "malformed";
    return packet.payloadType >= PAYLOAD_TYPE.openSessionRequest
      ? this.#onSetUp(packet)
      : this.#onSession(datagram, packet);
  }

  /** Forget keys and password. Nothing can be sent afterwards. */
  wipe(): void {
    const { password, bmcKey } = this.#options.secrets;
    for (const secret of [password, bmcKey, this.#keys?.integrityKey, this.#keys?.cipherKey]) secret?.fill(0);
    this.#login = undefined;
    this.#keys = undefined;
    this.#rakp = undefined;
  }

  get #role(): number {
    return (this.#login?.privilege ?? 0) | NAME_ONLY;
  }

  #onV15(datagram: Uint8Array): ChannelMessage | DropCause {
    const message = parseV15Packet(datagram);
    const response = message && parseIpmiResponse(message);
    if (response === undefined) return "malformed";
    if (!this.#answers("capabilities", response)) return "unexpected";
    const v20 = this.#options.ignoreCapabilities === true || speaksV20(response.data);
    return this.#settled({ type: "capabilities", code: response.code, v20 });
  }

  #onSetUp({ payloadType, payload, authenticated, encrypted }: RmcpPlusPacket): ChannelMessage | DropCause {
    if (authenticated || encrypted) return "malformed";
    switch (payloadType) {
      case PAYLOAD_TYPE.openSessionResponse: {
        const response = parseOpenSessionResponse(payload);
        if (response === undefined) return "malformed";
        const dropped = this.#strange("open_session", response, payload);
        if (dropped !== undefined) return dropped;
        this.#bmcSessionId = response.bmcSessionId;
        return this.#settled({ type: "open_session", status: response.status });
      }
      case PAYLOAD_TYPE.rakp2: {
        const response = parseRakp2(payload);
        if (response === undefined) return "malformed";
        const dropped = this.#strange("rakp1", response, payload);
        if (dropped !== undefined) return dropped;
        const proved = response.status === 0 && this.#prove(response);
        return this.#settled({ type: "rakp2", status: response.status, proved });
      }
      case PAYLOAD_TYPE.rakp4: {
        const response = parseRakp4(payload);
        if (response === undefined) return "malformed";
        const dropped = this.#strange("rakp3", response, payload);
        if (dropped !== undefined) return dropped;
        // Without authentication some BMCs append a code that no rule gives: nothing to compare it with.
        const isFree =
          this.#login?.suite.hash === undefined ||
          (this.#options.proofByIntegrity === true && this.#login.suite.codeBytes === 0);
        const expected = this.#rakp?.rakp4Code ?? NOTHING;
        const proved = isFree || (expected.length > 0 && this.#ciphers.equal(expected, response.code));
        if (response.status === 0 && proved) {
          this.#keys = this.#rakp?.keys;
          // The proofs have done their work.
          this.#rakp = undefined;
          this.#random = NOTHING;
        }
        return this.#settled({ type: "rakp4", status: response.status, proved });
      }
      default:
        return "unexpected";
    }
  }

  #onSession(datagram: Uint8Array, packet: RmcpPlusPacket): ChannelMessage | DropCause {
    const keys = this.#keys;
    if (packet.sessionId !== this.#login?.consoleSessionId) return "wrong_session";
    if (keys === undefined) return "unexpected";
    const payload = openPacket(datagram, packet, keys, this.#ciphers);
    if (typeof payload === "string") return payload;
    if (!this.#window.admit(packet.sequence)) return "replayed";
    if (packet.payloadType === PAYLOAD_TYPE.sol) {
      const sol = parseSolPacket(payload);
      if (sol === undefined) return "malformed";
      if (sol.sequence === 0) return { type: "sol", packet: sol };
      // A first try that was held back on the way, behind its repetition and the next packet.
      if (!isNewer(packet.sequence, this.#newestOutput)) return "overtaken";
      this.#newestOutput = packet.sequence;
      return { type: "sol", packet: sol };
    }
    if (packet.payloadType !== PAYLOAD_TYPE.ipmi) return "unexpected";
    const ignoreChecksums = this.#options.ignoreChecksums === true && keys.suite.codeBytes > 0;
    const response = parseIpmiResponse(payload, { ignoreChecksums });
    if (response === undefined) return "malformed";
    const request = this.#asked?.request;
    if (request === undefined || !this.#answers(request, response)) return "unexpected";
    const { code, data } = response;
    return {
      ...this.#settled({
        type: "completed",
        code,
        owner: request === "owner" ? this.#ownerOf(data) : undefined,
      }),
      activated: request === "activate" && code === 0 ? parseActivated(data) : undefined,
    };
  }

  /** Derive the keys, and tell whether the BMC knows the password. */
  #prove({
    random,
    guid,
    code,
  }: {
    readonly random: Uint8Array;
    readonly guid: Uint8Array;
    readonly code: Uint8Array;
  }): boolean {
    if (this.#login === undefined) return false;
    const { suite, consoleSessionId } = this.#login;
    this.#rakp = deriveRakp(
      {
        suite,
        consoleSessionId,
        bmcSessionId: this.#bmcSessionId,
        consoleRandom: this.#random,
        bmcRandom: random,
        guid,
        role: this.#options.passThrough === true ? this.#role & ~NAME_ONLY : this.#role,
      },
      this.#options.secrets,
      this.#ciphers,
    );
    if (suite.hash === undefined) return true;
    // Some BMCs send more than the code is long: old ones of Supermicro and Sun.
    const { rakp2Code } = this.#rakp;
    return this.#ciphers.equal(rakp2Code, code.subarray(0, rakp2Code.length));
  }

  #ownerOf(data: Uint8Array): SolOwner | undefined {
    const owner = parsePayloadOwner(data);
    if (owner === undefined) return undefined;
    if (owner === 0) return "nobody";
    const isOurs = this.sessionIds.includes(owner) || this.#options.formerSessions?.has(owner) === true;
    return isOurs ? "ours" : "other";
  }

  /**
   * Why an answer of the set-up is not for us. The tag tells which of our requests it answers; OpenBMC
   * leaves it 0 now and then, where the session's id must do. A refusal may be too short to have that.
   */
  #strange(
    request: SessionRequest,
    { tag, consoleSessionId }: { readonly tag: number; readonly consoleSessionId: number },
    payload: Uint8Array,
  ): DropCause | undefined {
    if (this.#asked?.request !== request) return "unexpected";
    const isOurs = consoleSessionId === this.#login?.consoleSessionId;
    if (payload.length >= SET_UP_HEAD_BYTES && !isOurs) return "wrong_session";
    return tag === this.#asked.number || (tag === 0 && isOurs) ? undefined : "unexpected";
  }

  #answers(
    request: SessionRequest,
    {
      netFn,
      command,
      sequence,
    }: { readonly netFn: number; readonly command: number; readonly sequence: number },
  ): boolean {
    const asked = this.#asked;
    const isIt = asked?.request === request && asked.command === command && asked.number === sequence;
    return isIt && netFn === NETFN_APP;
  }

  /** Each request is answered once: what comes again is not waited for. */
  #settled(event: SessionEvent): { readonly type: "event"; readonly event: SessionEvent } {
    this.#asked = undefined;
    return { type: "event", event };
  }

  #command(request: SessionRequest, command: number, data: Uint8Array): Uint8Array {
    return this.#seal(PAYLOAD_TYPE.ipmi, this.#message(request, command, data));
  }

  #message(request: SessionRequest, command: number, data: Uint8Array): Uint8Array {
    if (this.#asked?.request !== request) {
      this.#commandNumber = (this.#commandNumber + 1) % COMMAND_NUMBERS;
      this.#asked = { request, command, number: this.#commandNumber };
    }
    return encodeIpmiRequest({ netFn: NETFN_APP, command, sequence: this.#asked.number, data });
  }

  #nextTag(request: SessionRequest): number {
    // Never 0: that one is tolerated from BMCs that forget the tag.
    this.#tag = (this.#tag % 0xff) + 1;
    this.#asked = { request, command: 0, number: this.#tag };
    return this.#tag;
  }

  #seal(payloadType: number, payload: Uint8Array): Uint8Array {
    if (this.#keys === undefined) return NOTHING;
    this.#sequence = nextSequence(this.#sequence);
    const content = { payloadType, sessionId: this.#bmcSessionId, sequence: this.#sequence, payload };
    return sealPacket(content, this.#keys, this.#ciphers);
  }
}

const NOTHING = new Uint8Array(0);
const COMMAND_NUMBERS = 64;
/** From here on an answer of the set-up says for which session it is. */
const SET_UP_HEAD_BYTES = 8;
