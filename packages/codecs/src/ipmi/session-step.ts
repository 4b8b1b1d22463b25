import { unreachable } from "@confed/kernel";
import { RMCP_PLUS_STATUS } from "./open-session.ts";
import {
  SESSION_TIMES,
  type SessionEnding,
  type SessionEvent,
  type SessionRequest,
  type SessionState,
  type SessionStep,
  type SolOwner,
} from "./session-state.ts";
import { COMPLETION } from "./sol-commands.ts";

/** What follows from one event. No clock, no I/O, no mutation; undefined means "not a transition". */
export function stepSession(state: SessionState, event: SessionEvent): SessionStep | undefined {
  const { phase, awaiting } = state;
  if (phase === "ended") return undefined;
  switch (event.type) {
    case "begin":
      return phase === "new" ? login(state) : undefined;
    case "capabilities":
      return awaiting === "capabilities" ? onCapabilities(state, event) : undefined;
    case "open_session":
      if (awaiting !== "open_session") return undefined;
      return event.status === RMCP_PLUS_STATUS.ok
        ? ask(state, "rakp1")
        : onRefusal(state, "open_session", event.status);
    case "rakp2":
      if (awaiting !== "rakp1") return undefined;
      if (event.status !== RMCP_PLUS_STATUS.ok) return onRefusal(state, "rakp1", event.status);
      return event.proved ? ask(state, "rakp3") : decline(state);
    case "rakp4":
      if (awaiting !== "rakp3") return undefined;
      if (event.status !== RMCP_PLUS_STATUS.ok) return onRefusal(state, "rakp3", event.status);
      if (!event.proved) return end(state, { why: "wrong_bmc_key" });
      return ask({ ...state, phase: "authenticated" }, "privilege");
    case "completed":
      return awaiting === undefined ? undefined : onCompleted(state, awaiting, event);
    case "retry_due":
      return awaiting === undefined ? undefined : onSilence(state, awaiting);
    case "keepalive_due":
      return phase === "active" && awaiting === undefined ? ask(state, state.lifeSign) : undefined;
    case "sol_deactivated":
      // Never deactivated here: that would end the session of whoever has it now.
      return phase === "active" ? leave(state, { why: "deactivated" }, "owner") : undefined;
    case "sol_silent":
      return phase === "active" ? leave(state, { why: "lost" }, "close") : undefined;
    case "close":
      return onClose(state);
    default:
      return unreachable(event);
  }
}

function onCapabilities(
  state: SessionState,
  { code, v20 }: { readonly code: number; readonly v20: boolean },
): SessionStep {
  if (code !== COMPLETION.ok && !state.plain) return ask({ ...state, plain: true }, "capabilities");
  if (code !== COMPLETION.ok) return end(state, { why: "rejected", to: "capabilities", code });
  // In the words of 1.5 it cannot say that it speaks 2.0.
  return v20 || state.plain ? ask(state, "open_session") : end(state, { why: "not_v20" });
}

/** Another suite, or a lower privilege, if there is one left to try. */
function onRefusal(state: SessionState, to: SessionRequest, status: number): SessionStep {
  const [, ...suites] = state.suites;
  const [, ...privileges] = state.privileges;
  if (to === "open_session" && suites.length > 0) return login({ ...state, suites, logins: 0 });
  const { invalidRole, unauthorizedRole, unauthorizedName } = RMCP_PLUS_STATUS;
  const byPrivilege = [invalidRole, unauthorizedRole, unauthorizedName].some((other) => other === status);
  if (to === "rakp1" && byPrivilege && privileges.length > 0) {
    return login({ ...state, privileges, logins: 0 });
  }
  return end(state, { why: "refused", to, status });
}

function onCompleted(
  state: SessionState,
  to: SessionRequest,
  { code, owner }: { readonly code: number; readonly owner?: SolOwner | undefined },
): SessionStep | undefined {
  if (state.phase === "leaving") return onLeft(state, to, owner);
  if (state.phase === "active") return onLifeSign(state, code, owner);
  if (state.phase !== "authenticated") return undefined;
  const done = code === COMPLETION.ok;
  switch (to) {
    case "privilege":
      if (!done) return onPrivilegeDenied(state, code);
      return ask(state, state.purpose === "look" ? "owner" : "activate");
    case "activate":
      if (done) return activate(state);
      return code === COMPLETION.payloadTaken
        ? ask(state, "owner")
        : leave(state, { why: "rejected", to, code }, "close");
    case "owner":
      if (state.purpose === "look") return leave(state, { why: "looked", owner }, "close");
      return onTaken(state, owner);
    case "deactivate":
      // "It is nobody's" is as good as done; whatever else it says, activating tells.
      return ask({ ...state, rounds: state.rounds + 1 }, "activate");
    default:
      return undefined;
  }
}

function onPrivilegeDenied(state: SessionState, code: number): SessionStep {
  const [, ...privileges] = state.privileges;
  if (privileges.length > 0) return ask({ ...state, privileges }, "privilege");
  return leave(state, { why: "rejected", to: "privilege", code }, "close");
}

/** Activating said that SOL is taken. By us, if only the answer to our first request was lost. */
function onTaken(state: SessionState, owner: SolOwner | undefined): SessionStep {
  if (state.rounds >= SESSION_TIMES.roundsMax) return leave(state, { why: "busy" }, "close");
  if (owner === "ours" || owner === "nobody") return ask(state, "deactivate");
  if (!state.mayTakeOver) return leave(state, { why: "busy" }, "close");
  // Asked once a session: whoever takes it back within a few milliseconds is not fought in a loop.
  const taking = ask({ ...state, mayTakeOver: false }, "deactivate");
  return { state: taking.state, effects: [{ type: "taking_over" }, ...taking.effects] };
}

function onLifeSign(state: SessionState, code: number, owner: SolOwner | undefined): SessionStep {
  if (owner === "other") return leave(state, { why: "stolen" }, "close");
  if (owner === "nobody") return leave(state, { why: "deactivated" }, "close");
  const unknown = state.awaiting === "owner" && code !== COMPLETION.ok;
  return rest({ ...state, lifeSign: unknown ? "device" : state.lifeSign });
}

/** One more good-bye, or the end. */
function onLeft(state: SessionState, to: SessionRequest, owner?: SolOwner): SessionStep {
  const stolen = to === "owner" && owner === "other";
  const ending: SessionEnding = stolen ? { why: "stolen" } : (state.ending ?? { why: "closed" });
  return to === "close" ? end(state, ending) : ask({ ...state, ending }, "close");
}

function onSilence(state: SessionState, to: SessionRequest): SessionStep {
  const { triesMax, loginsMax, keepaliveTriesMax, leaveTriesMax } = SESSION_TIMES;
  switch (state.phase) {
    case "leaving":
      return state.tries < leaveTriesMax ? repeat(state, to) : onLeft(state, to);
    case "active":
      return state.tries < keepaliveTriesMax ? repeat(state, to) : leave(state, { why: "lost" }, "close");
    case "authenticated":
      if (state.tries < triesMax) return repeat(state, to);
      return leave(state, { why: "no_answer", to }, "close");
    default:
      if (to === "capabilities" && state.tries < triesMax) return repeat(state, to);
      if (to === "capabilities" || state.logins >= loginsMax) return end(state, { why: "no_answer", to });
      // Some BMCs drop what asks for a suite that they do not have.
      return login(to === "open_session" ? { ...state, suites: rotated(state.suites) } : state);
  }
}

function onClose(state: SessionState): SessionStep | undefined {
  const ending: SessionEnding = { why: "closed" };
  switch (state.phase) {
    case "active":
      return leave(state, ending, "deactivate");
    case "authenticated":
      // It may have been activated, with the answer still on its way.
      return leave(state, ending, state.awaiting === "activate" ? "deactivate" : "close");
    case "leaving":
      return undefined;
    default:
      return end(state, ending);
  }
}

function login(state: SessionState): SessionStep {
  const [suite = 17] = state.suites;
  const [privilege = 4] = state.privileges;
  const asking = ask({ ...state, phase: "authenticating", logins: state.logins + 1 }, "capabilities");
  return { state: asking.state, effects: [{ type: "new_login", suite, privilege }, ...asking.effects] };
}

function activate(state: SessionState): SessionStep {
  const { state: resting, effects } = rest({ ...state, phase: "active" });
  return { state: resting, effects: [...effects, { type: "active" }] };
}

/** Active, with nothing to ask until the next sign of life is due. */
function rest(state: SessionState): SessionStep {
  const { keepaliveEveryMs: delayMs, keepaliveJitterMs: jitterMs } = SESSION_TIMES;
  return {
    state: { ...state, awaiting: undefined, tries: 0 },
    effects: [
      { type: "disarm", timer: "retry" },
      { type: "arm", timer: "keepalive", delayMs, jitterMs },
    ],
  };
}

function leave(state: SessionState, ending: SessionEnding, first: SessionRequest): SessionStep {
  const asking = ask({ ...state, phase: "leaving", ending }, first);
  return { state: asking.state, effects: [{ type: "disarm", timer: "keepalive" }, ...asking.effects] };
}

/** The BMC knows another password: its half-open session is of no use, and takes one of few slots. */
function decline(state: SessionState): SessionStep {
  const ended = end(state, { why: "wrong_password" });
  return { state: ended.state, effects: [{ type: "decline" }, ...ended.effects] };
}

function end(state: SessionState, ending: SessionEnding): SessionStep {
  return {
    state: { ...state, phase: "ended", awaiting: undefined, ending },
    effects: [
      { type: "disarm", timer: "retry" },
      { type: "disarm", timer: "keepalive" },
      { type: "ended", ending },
    ],
  };
}

function ask(state: SessionState, request: SessionRequest): SessionStep {
  return sent({ ...state, awaiting: request, tries: 1 }, request);
}

function repeat(state: SessionState, request: SessionRequest): SessionStep {
  return sent({ ...state, tries: state.tries + 1 }, request);
}

function sent(state: SessionState, request: SessionRequest): SessionStep {
  const { delayMs, jitterMs } = retryDelay(state);
  return {
    state,
    effects: [
      { type: "request", request },
      { type: "arm", timer: "retry", delayMs, jitterMs },
    ],
  };
}

function retryDelay({ phase, tries }: SessionState): { readonly delayMs: number; readonly jitterMs: number } {
  const { retryFirstMs, retryGrowthMs, retryJitterMs, keepaliveRetryFirstMs, leaveRetryMs } = SESSION_TIMES;
  if (phase === "leaving") return { delayMs: leaveRetryMs, jitterMs: 0 };
  if (phase === "active")
    return { delayMs: keepaliveRetryFirstMs * 2 ** (tries - 1), jitterMs: retryJitterMs };
  return { delayMs: retryFirstMs + retryGrowthMs * (tries - 1), jitterMs: retryJitterMs };
}

function rotated<T>([first, ...rest]: readonly T[]): readonly T[] {
  return first === undefined ? [] : [...rest, first];
}
