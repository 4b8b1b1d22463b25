import { type CipherSuiteId, ConsoleChannel, RMCP_PLUS_STATUS, type SessionEnding } from "@confed/codecs";
import { ConfedError, type Logger, systemCiphers } from "@confed/kernel";
import type { Address } from "../net/address.ts";
import type { Link, LinkSink, OpenOptions } from "../transport.ts";
import type { BmcMemory } from "./bmc-memory.ts";
import type { BmcPort } from "./bmc-sockets.ts";
import type { IpmiCredentials } from "./credentials.ts";
import { sessionError } from "./ipmi-errors.ts";
import { IpmiLink } from "./ipmi-link.ts";
import { IPMI_CREDENTIAL_LIMITS, type IpmiQuirk } from "./ipmi-options.ts";
import { IpmiSession } from "./ipmi-session.ts";
import type { IpmiShared } from "./ipmi-shared.ts";

/** What an attempt lives on. */
export interface IpmiLoginDeps {
  readonly shared: IpmiShared;
  readonly memory: BmcMemory;
  readonly logger: Logger;
}

/** One attempt. */
export interface IpmiLogin {
  readonly where: string;
  readonly port: number;
  readonly user: string;
  /** Best first. */
  readonly addresses: readonly Address[];
  readonly credentials: IpmiCredentials;
  /** Of them, as {@link BmcMemory} knows them. */
  readonly fingerprint: Uint8Array;
  readonly suites: readonly CipherSuiteId[];
  readonly privileges: readonly number[];
  readonly quirks: readonly IpmiQuirk[];
}

/**
 * Log in and activate SOL, at the first address that answers. Rejects as Transport.open does; a session
 * that was open by then is closed before.
 */
export async function openIpmiLink(
  deps: IpmiLoginDeps,
  login: IpmiLogin,
  options: OpenOptions,
): Promise<Link> {
  const [last, ...others] = [...login.addresses].reverse();
  for (const address of others.reverse()) {
    try {
      return await openAt(deps, login, address, options);
    } catch (reason) {
      const { code } = ConfedError.from(reason);
      if (options.signal.aborted || (code !== "deadline_exceeded" && code !== "host_unreachable"))
        throw reason;
    }
  }
  if (last === undefined) throw new ConfedError("name_unresolved", `${login.where} has no address`);
  return openAt(deps, login, last, options);
}

async function openAt(
  deps: IpmiLoginDeps,
  login: IpmiLogin,
  address: Address,
  { signal, sink, force = false }: OpenOptions,
): Promise<Link> {
  const { shared, memory } = deps;
  const { port, suites, privileges, quirks } = login;
  const { timers } = shared;
  const secrets = login.credentials.secrets();
  const isIntel20 = quirks.includes("intel20");
  const channel = new ConsoleChannel({
    secrets: isIntel20 ? { ...secrets, user: padded(secrets.user) } : secrets,
    proofByIntegrity: isIntel20,
    ciphers: systemCiphers,
    formerSessions: memory.formerSessions,
    ignoreChecksums: quirks.includes("nochecksumcheck"),
    passThrough: quirks.includes("i82571spt"),
    ignoreCapabilities: quirks.includes("authcap"),
  });
  const place: Place = { port: undefined };
  const link = linkOf(deps, login, { channel, place, sink, force });
  const session = new IpmiSession({
    channel,
    timers,
    listener: link,
    start: { suites, privileges, mayTakeOver: force || memory.mayTakeOver(timers.nowMs()) },
    advanceStuck: quirks.includes("solpacketseq"),
    random: Math.random,
    drops: shared.drops,
  });
  signal.throwIfAborted();
  const bmc = await shared.sockets.take({ ...address, port }, session);
  place.port = bmc;
  const giveUp = () => void link.close();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    await link.open(session, () => {
      if (signal.aborted) giveUp();
      else session.begin(bmc);
    });
  } catch (reason) {
    signal.throwIfAborted();
    throw reason;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
  return link;
}

/** A BMC's place at a socket, once it is taken. */
interface Place {
  port: BmcPort | undefined;
}

interface LinkParts {
  readonly channel: ConsoleChannel;
  readonly place: Place;
  readonly sink: LinkSink;
  readonly force: boolean;
}

/**
 * The link of an attempt. In a function of its own: what its callbacks refer to lives as long as the
 * session does, a thousand times, and the signals and timers of the attempt need not.
 */
function linkOf(
  { shared: { timers }, memory, logger }: IpmiLoginDeps,
  { where, user, suites, fingerprint }: IpmiLogin,
  { channel, place, sink, force }: LinkParts,
): IpmiLink {
  return new IpmiLink({
    where,
    sink,
    onActive: () => {
      memory.loggedIn(channel.suite, channel.sessionIds);
    },
    onTakingOver: () => {
      memory.tookOver(timers.nowMs());
      const by = force ? "somebody asked for it" : "it should be ours";
      logger.warn("taking Serial over LAN from another session", { where, because: by });
      sink.onNotice?.(`taking Serial over LAN from another session: ${by}`);
    },
    release: (ending, sendError) => {
      place.port?.close();
      channel.wipe();
      if (ending.why === "closed" || ending.why === "looked") return undefined;
      const error = sessionError(ending, { where, user, suites });
      if (isRefusal(ending)) memory.refuse(fingerprint, error);
      const unsent = ending.why === "no_answer" ? sendError : undefined;
      return unsent === undefined ? error : ConfedError.from(unsent);
    },
  });
}

/** As those BMCs keep it. */
function padded(user: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(IPMI_CREDENTIAL_LIMITS.userBytesMax);
  bytes.set(user);
  return bytes;
}

/** What the same credentials would meet again. */
function isRefusal(ending: SessionEnding): boolean {
  if (ending.why === "refused") return ending.status === RMCP_PLUS_STATUS.unauthorizedName;
  return ending.why === "wrong_password" || ending.why === "wrong_bmc_key";
}
