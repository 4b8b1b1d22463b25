import { COMPLETION, RMCP_PLUS_STATUS, type SessionEnding, type SessionRequest } from "@confed/codecs";
import { ConfedError, type ErrorCode } from "@confed/kernel";

/** Whose session it was. */
export interface EndedSession {
  readonly where: string;
  readonly user: string;
  /** The suites that were tried, for people. */
  readonly suites: readonly number[];
}

interface Words {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

/** An end that we did not ask for. */
export type SessionFailure = Exclude<SessionEnding, { readonly why: "closed" | "looked" }>;

/** Why a session ended, in words for an operator. */
export function sessionError(ending: SessionFailure, session: EndedSession): ConfedError {
  const { where } = session;
  const { code, message, hint } = wordsFor(ending, session);
  return new ConfedError(code, `${where}: ${message}`, { where, hint });
}

function wordsFor(ending: SessionFailure, session: EndedSession): Words {
  switch (ending.why) {
    case "no_answer":
      return {
        code: "deadline_exceeded",
        message:
          ending.to === "capabilities"
            ? "the BMC does not answer"
            : `the BMC answers, but not to ${REQUEST_WORDS[ending.to]}`,
        hint: "check that the BMC has power and this address, and that no firewall drops UDP to its port",
      };
    case "lost":
      return {
        code: "peer_silent",
        message: "the BMC does not answer any more",
        hint: "it was restarted, or the network to it is broken; it is tried again",
      };
    case "not_v20":
      return {
        code: "failed_precondition",
        message: "the BMC says that it speaks IPMI 1.5 only, which has no Serial over LAN",
        hint: "where it says so wrongly: quirks: [authcap]",
      };
    case "wrong_password":
      return {
        code: "auth_failed",
        message: `the BMC has another password for user ${session.user}`,
        hint: "correct the secret of this console: it is not tried again before that, or before rcons reconnect",
      };
    case "wrong_bmc_key":
      return {
        code: "auth_failed",
        message: "the BMC has another key (Kg)",
        hint: "set bmcKey to the BMC's key: it is not tried again before that, or before rcons reconnect",
      };
    case "refused":
      return refusalWords(ending.to, ending.status, session);
    case "rejected":
      return rejectionWords(ending.to, ending.code, session);
    case "busy":
      return {
        code: "console_busy",
        message: "Serial over LAN is held by another session",
        hint: "find out who has it; rcons reconnect --force takes it",
      };
    case "stolen":
      return {
        code: "console_busy",
        message: "another session took Serial over LAN",
        hint: "one agent should own a BMC: look for ipmitool, ConMan or another console server",
      };
    case "deactivated":
      return {
        code: "hung_up",
        message: "the BMC ended Serial over LAN",
        hint: "somebody deactivated it, or the BMC was reconfigured; it is opened again",
      };
  }
}

function refusalWords(to: SessionRequest, status: number, { user, suites }: EndedSession): Words {
  const { noResources, noResourcesAtRole, unauthorizedName, invalidRole, unauthorizedRole } =
    RMCP_PLUS_STATUS;
  if (status === noResources || status === noResourcesAtRole) {
    return {
      code: "resource_exhausted",
      message: "the BMC has no free session",
      hint: "sessions that nobody closed expire within a few minutes; look for other programs that log in to it",
    };
  }
  if (status === unauthorizedName) {
    return {
      code: "auth_failed",
      message: `the BMC does not let user ${user} in`,
      hint: "create the user, enable it, and give it access over LAN",
    };
  }
  if (status === invalidRole || status === unauthorizedRole) {
    return {
      code: "permission_denied",
      message: `the BMC does not grant user ${user} this privilege`,
      hint: "give the user the privilege, or ask for a lower one (privilege: operator)",
    };
  }
  if (to === "open_session") {
    return {
      code: "failed_precondition",
      message: `the BMC takes none of the cipher suites ${suites.join(", ")} (status ${hex(status)})`,
      hint: "enable suite 17 or 3 in the BMC, or set suite to one that it has",
    };
  }
  return { code: "protocol_error", message: `the BMC refused ${REQUEST_WORDS[to]} (status ${hex(status)})` };
}

function rejectionWords(to: SessionRequest, code: number, { user }: EndedSession): Words {
  const { payloadDisabled, payloadLimit, insufficientPrivilege, disabled, invalidCommand } = COMPLETION;
  if (to === "activate" && (code === payloadDisabled || code === disabled)) {
    return {
      code: "failed_precondition",
      message: "Serial over LAN is switched off in the BMC",
      hint: "ipmitool sol set enabled true",
    };
  }
  if (to === "activate" && code === payloadLimit) {
    return { code: "resource_exhausted", message: "the BMC has no free instance of Serial over LAN" };
  }
  if (to === "activate" && code === invalidCommand) {
    return { code: "failed_precondition", message: "the BMC has no Serial over LAN" };
  }
  if (to === "activate" && (code === COMPLETION.cannotEncrypt || code === COMPLETION.mustEncrypt)) {
    const hint =
      code === COMPLETION.cannotEncrypt
        ? "take a suite without encryption: 2 or 16"
        : "take a suite with encryption: 3 or 17";
    return {
      code: "failed_precondition",
      message: "the BMC refuses this encryption of Serial over LAN",
      hint,
    };
  }
  if (code === insufficientPrivilege || to === "privilege") {
    return {
      code: "permission_denied",
      message: `user ${user} may not use Serial over LAN`,
      hint: "give it the privilege, and: ipmitool sol payload enable <channel> <user id>",
    };
  }
  return {
    code: "protocol_error",
    message: `the BMC rejected ${REQUEST_WORDS[to]} (completion code ${hex(code)})`,
  };
}

const REQUEST_WORDS: Readonly<Record<SessionRequest, string>> = {
  capabilities: "the question what it can do",
  open_session: "the opening of a session",
  rakp1: "the name of the user",
  rakp3: "the proof of the password",
  privilege: "the privilege asked for",
  activate: "the activation of Serial over LAN",
  owner: "the question who has Serial over LAN",
  deactivate: "the deactivation of Serial over LAN",
  device: "a sign of life",
  close: "the end of the session",
};

function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, "0")}`;
}
