import type { CipherSuiteId } from "./cipher-suite.ts";

/** What is asked of a BMC, one at a time, named by what is sent. */
export type SessionRequest =
  | "capabilities"
  | "open_session"
  | "rakp1"
  | "rakp3"
  | "privilege"
  | "activate"
  /** Whose is SOL? Also the sign of life while the session is active. */
  | "owner"
  | "deactivate"
  /** A sign of life, for BMCs that do not know the other. */
  | "device"
  | "close";

/** The life of one session with one BMC, from the first packet to the last. Plain data. */
export interface SessionState {
  readonly phase: SessionPhase;
  /** The request that is under way, and how often it was sent. */
  readonly awaiting: SessionRequest | undefined;
  readonly tries: number;
  /** How often it was begun from the first message. */
  readonly logins: number;
  /** Still to be tried, the one in use first. */
  readonly suites: readonly CipherSuiteId[];
  readonly privileges: readonly number[];
  /** Ask for capabilities in the words of IPMI 1.5: the BMC refused those of 2.0. */
  readonly plain: boolean;
  /** How often SOL was taken from somebody, in order to activate it. */
  readonly rounds: number;
  /** Activate SOL, or only look whose it is and leave. */
  readonly purpose: "console" | "look";
  /** Whether it may be taken from another's session. */
  readonly mayTakeOver: boolean;
  /** While active: which request is the sign of life. */
  readonly lifeSign: "owner" | "device";
  /** While it leaves, and after: why. */
  readonly ending: SessionEnding | undefined;
}

export type SessionPhase =
  | "new"
  /** Up to RAKP 4: the BMC has nothing of us that it could close. */
  | "authenticating"
  /** Commands can be sent, and the session must be closed whatever happens. */
  | "authenticated"
  | "active"
  | "leaving"
  | "ended";

/** Why a session ended. */
export type SessionEnding =
  | { readonly why: "closed" }
  /** Nothing answered: it is off, or elsewhere, or a firewall is between. */
  | { readonly why: "no_answer"; readonly to: SessionRequest }
  /** It was active, and nothing answers any more. */
  | { readonly why: "lost" }
  | { readonly why: "not_v20" }
  /** An RMCP+ status in answer to one of the messages that open a session. */
  | { readonly why: "refused"; readonly to: SessionRequest; readonly status: number }
  | { readonly why: "wrong_password" }
  | { readonly why: "wrong_bmc_key" }
  /** A completion code in answer to a command. */
  | { readonly why: "rejected"; readonly to: SessionRequest; readonly code: number }
  /** SOL is another session's. */
  | { readonly why: "busy" }
  /** It was ours, and another took it. */
  | { readonly why: "stolen" }
  /** It was ours, and nobody has it now. */
  | { readonly why: "deactivated" }
  /** That is all we came for; undefined where the BMC cannot tell. */
  | { readonly why: "looked"; readonly owner: SolOwner | undefined };

/** Whose session SOL belongs to. */
export type SolOwner = "ours" | "other" | "nobody";

export type SessionEvent =
  | { readonly type: "begin" }
  | { readonly type: "capabilities"; readonly code: number; readonly v20: boolean }
  | { readonly type: "open_session"; readonly status: number }
  /** `proved`: its code is right. */
  | { readonly type: "rakp2" | "rakp4"; readonly status: number; readonly proved: boolean }
  | { readonly type: "completed"; readonly code: number; readonly owner?: SolOwner | undefined }
  | { readonly type: "retry_due" }
  | { readonly type: "keepalive_due" }
  /** The BMC says that SOL is over. */
  | { readonly type: "sol_deactivated" }
  /** The BMC acknowledges no characters. */
  | { readonly type: "sol_silent" }
  /** We have no more use for it. */
  | { readonly type: "close" };

export type SessionEffect =
  /** Fresh session id, random bytes and tag; whatever comes for the old ones is not ours any more. */
  | { readonly type: "new_login"; readonly suite: CipherSuiteId; readonly privilege: number }
  | { readonly type: "request"; readonly request: SessionRequest }
  /** Say that the BMC's proof is wrong, so that it need not wait for ours. */
  | { readonly type: "decline" }
  | {
      readonly type: "arm";
      readonly timer: SessionTimer;
      readonly delayMs: number;
      readonly jitterMs: number;
    }
  | { readonly type: "disarm"; readonly timer: SessionTimer }
  /** SOL is about to be taken from another's session. */
  | { readonly type: "taking_over" }
  /** Bytes can flow. */
  | { readonly type: "active" }
  | { readonly type: "ended"; readonly ending: SessionEnding };

export type SessionTimer = "retry" | "keepalive";

export interface SessionStep {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

export const SESSION_TIMES = {
  /** The first repeat; each later one waits `retryGrowthMs` longer. */
  retryFirstMs: 500,
  retryGrowthMs: 1_000,
  retryJitterMs: 500,
  triesMax: 4,
  /** From the first message on: BMCs hate a repeated RAKP message. */
  loginsMax: 4,
  /** Some BMCs forget a session after 30 s without a command, whatever is typed. */
  keepaliveEveryMs: 20_000,
  keepaliveJitterMs: 5_000,
  /** 1, 2, 4, 8 and 16 s: a BMC whose link flaps with its host's reset is given half a minute. */
  keepaliveTriesMax: 5,
  keepaliveRetryFirstMs: 1_000,
  /** Whoever leaves does not wait long for a good-bye. */
  leaveTriesMax: 2,
  leaveRetryMs: 300,
  /** SOL that is active again and again after it was deactivated is somebody's who insists. */
  roundsMax: 3,
} as const;

/** A session that has not begun. Suites and privileges in the order in which they are tried. */
export function newSession(
  options: Pick<SessionState, "suites" | "privileges" | "mayTakeOver"> &
    Partial<Pick<SessionState, "purpose">>,
): SessionState {
  return {
    purpose: "console",
    ...options,
    phase: "new",
    awaiting: undefined,
    tries: 0,
    logins: 0,
    plain: false,
    rounds: 0,
    lifeSign: "owner",
    ending: undefined,
  };
}
