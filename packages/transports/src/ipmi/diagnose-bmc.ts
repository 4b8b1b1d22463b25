import {
  type CipherSuiteId,
  ConsoleChannel,
  PRIVILEGE,
  type SessionEnding,
  type SessionRequest,
} from "@confed/codecs";
import { formatHostPort, systemCiphers, unreachable } from "@confed/kernel";
import type { TransportDeps } from "../deps.ts";
import { withConnectDeadline } from "../net/connect-deadline.ts";
import { BmcSockets } from "./bmc-sockets.ts";
import { readCredentials } from "./credentials.ts";
import { type EndedSession, type SessionFailure, sessionError } from "./ipmi-errors.ts";
import { IPMI_PORT, type IpmiOptions } from "./ipmi-options.ts";
import { IpmiSession } from "./ipmi-session.ts";
import { ipmiSharedOf } from "./ipmi-shared.ts";

/** What is looked at, in this order. */
export const BMC_STEPS = ["reach", "capabilities", "log_in", "payload"] as const;
export type BmcStep = (typeof BMC_STEPS)[number];

/** What was found at one step. */
export interface BmcFinding {
  readonly step: BmcStep;
  readonly ok: boolean;
  /** A sentence for an operator. */
  readonly says: string;
  /** What to do about it; only where something is wrong. */
  readonly mend?: string | undefined;
}

export interface BmcDiagnosisOptions extends IpmiOptions {
  /** Ids of the session that this agent has with the BMC, if it has one: its SOL is not a stranger's. */
  readonly ownSessions?: ReadonlySet<number> | undefined;
  readonly signal: AbortSignal;
}

/**
 * Look why a console behind a BMC does not open, or that nothing keeps it from it: one log-in on a
 * socket of its own, which disturbs no session and takes SOL from nobody. What comes after the first
 * step that fails is not looked at. Rejects as the source of the secrets and the resolver do.
 */
export async function diagnoseBmc(
  deps: TransportDeps,
  options: BmcDiagnosisOptions,
): Promise<readonly BmcFinding[]> {
  const { host, port = IPMI_PORT, user, connectTimeoutMs: timeoutMs, signal } = options;
  const where = formatHostPort({ host, port });
  const suites = options.suite === undefined ? SUITES : [options.suite];
  return withConnectDeadline({ clock: deps.clock, where, signal, timeoutMs }, async (inner) => {
    const credentials = await readCredentials(options, where);
    const [address] = await deps.resolver.resolve(host, inner);
    if (address === undefined) return [];
    const channel = new ConsoleChannel({
      secrets: credentials.secrets(),
      ciphers: systemCiphers,
      formerSessions: options.ownSessions ?? new Set(),
      ignoreCapabilities: options.quirks?.includes("authcap") === true,
    });
    let endWith: (ending: SessionEnding) => void = () => undefined;
    const ended = new Promise<SessionEnding>((resolve) => {
      endWith = resolve;
    });
    const session = new IpmiSession({
      channel,
      timers: ipmiSharedOf(deps).timers,
      listener: {
        ...NOBODY,
        onEnded: (ending) => {
          endWith(ending);
        },
      },
      start: {
        suites,
        privileges: [PRIVILEGE[options.privilege ?? "administrator"]],
        mayTakeOver: false,
        purpose: "look",
      },
      advanceStuck: false,
      random: Math.random,
      drops: ipmiSharedOf(deps).drops,
    });
    const bmc = await new BmcSockets().take({ ...address, port }, session);
    const giveUp = () => {
      session.close();
    };
    inner.addEventListener("abort", giveUp, { once: true });
    session.begin(bmc);
    const ending = await ended;
    inner.removeEventListener("abort", giveUp);
    bmc.close();
    const { suite } = channel;
    channel.wipe();
    inner.throwIfAborted();
    return findings(ending, suite, { where, user, suites });
  });
}

const SUITES: readonly CipherSuiteId[] = [17, 3];

/** SOL is not opened: there is nothing to hear but the end. */
const NOBODY = {
  onActive: () => undefined,
  onData: () => undefined,
  onLost: () => undefined,
  onHost: () => undefined,
  onTakingOver: () => undefined,
  onBreakOver: () => undefined,
  onDrained: () => undefined,
} as const;

function findings(
  ending: SessionEnding,
  suite: CipherSuiteId | undefined,
  session: EndedSession,
): readonly BmcFinding[] {
  const passed: readonly BmcFinding[] = [
    { step: "reach", ok: true, says: `${session.where} answers` },
    { step: "capabilities", ok: true, says: "the BMC speaks IPMI 2.0" },
    { step: "log_in", ok: true, says: `user ${session.user} logs in with cipher suite ${suite ?? "none"}` },
  ];
  if (ending.why === "looked") return [...passed, payloadFinding(ending.owner)];
  if (ending.why === "closed") return [];
  const step = failedStep(ending);
  const { rawMessage: says, hint: mend } = sessionError(ending, session);
  return [...passed.slice(0, BMC_STEPS.indexOf(step)), { step, ok: false, says, mend }];
}

function payloadFinding(owner: "ours" | "other" | "nobody" | undefined): BmcFinding {
  const step = "payload";
  switch (owner) {
    case "nobody":
      return { step, ok: true, says: "Serial over LAN is free" };
    case "ours":
      return { step, ok: true, says: "Serial over LAN is this agent's" };
    case "other":
      return {
        step,
        ok: false,
        says: "Serial over LAN is held by another session",
        mend: "find out who has it; rcons reconnect --force takes it",
      };
    case undefined:
      return { step, ok: true, says: "the BMC cannot tell whose Serial over LAN is" };
    default:
      return unreachable(owner);
  }
}

function failedStep(ending: SessionFailure): BmcStep {
  switch (ending.why) {
    case "no_answer":
    case "rejected":
    case "refused":
      return STEP_OF[ending.to];
    case "lost":
      return "reach";
    case "not_v20":
      return "capabilities";
    case "wrong_password":
    case "wrong_bmc_key":
      return "log_in";
    case "busy":
    case "stolen":
    case "deactivated":
      return "payload";
    default:
      return unreachable(ending);
  }
}

const STEP_OF: Readonly<Record<SessionRequest, BmcStep>> = {
  capabilities: "reach",
  open_session: "log_in",
  rakp1: "log_in",
  rakp3: "log_in",
  privilege: "log_in",
  activate: "payload",
  owner: "payload",
  deactivate: "payload",
  device: "payload",
  close: "payload",
};
