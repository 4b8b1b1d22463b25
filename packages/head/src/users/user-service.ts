import { type Clock, ConfedError } from "@confed/kernel";
import { ALL_VERBS, verbSet, verbsIn } from "@confed/trust";
import type { Audit } from "@confed/trust/audit";
import { type Handlers, peerText } from "@confed/wire";
import { callerFor, type HeadAccess } from "../access/head-access.ts";
import { auditedAdministration } from "../audit/audited-administration.ts";
import type { Store } from "../store/store.ts";
import { administer } from "./administer.ts";
import type { Logins, LoginTokens } from "./logins.ts";

export interface UserServiceDeps {
  readonly access: HeadAccess;
  readonly clock: Clock;
  readonly audit: Pick<Audit, "event" | "alarm">;
  /** Undefined where access is open: there nobody logs in. */
  readonly logins: Logins | undefined;
  readonly store: Store | undefined;
}

/** Logging in, and the administration of users and roles. */
export function userService({
  access,
  clock,
  audit,
  logins,
  store,
}: UserServiceDeps): Pick<Handlers<"Head">, "login" | "logout" | "whoAmI" | "administer"> {
  return {
    login: async (request, _signal, { peer }) => {
      const { password, refreshToken } = request;
      const renews = request.how === "refreshToken";
      if (!renews && !password)
        throw new ConfedError("invalid_argument", "log in with what?", { hint: "a user and a password" });
      const about = { peer: peerText(peer), text: renews ? "refresh" : "password" };
      try {
        const begun = password
          ? await needed(logins).login(password.user, password.password)
          : await needed(logins).refresh(refreshToken ?? "");
        audit.event({ event: "login.ok", subject: begun.subject, ...about });
        return answer(begun);
      } catch (reason) {
        const why = ConfedError.from(reason).rawMessage;
        audit.event({ event: "login.failed", ...about, details: { user: password?.user, why } });
        throw reason;
      }
    },
    logout: async ({ refreshToken }, _signal, { peer }) => {
      const subject = await needed(logins).logout(refreshToken);
      if (subject !== undefined) audit.event({ event: "logout", subject, peer: peerText(peer) });
      return {};
    },
    whoAmI: async (_request, _signal, call) => {
      const caller = access.who(call);
      const verbs = verbsIn(ALL_VERBS).filter((verb) => caller.mayEver(verbSet([verb])));
      return { subject: caller.name, verbs };
    },
    administer: async (request, _signal, call) => {
      const { name: subject } = callerFor(access, call, "admin");
      const answered = await administer(request, { store: needed(store), clock });
      const event = auditedAdministration(request);
      if (event !== undefined) audit.event({ ...event, subject, peer: peerText(call.peer) });
      return answered;
    },
  };
}

function answer({ subject, access, accessMs, refresh, untilMs }: LoginTokens) {
  return { subject, accessToken: access, accessMs, refreshToken: refresh, untilMs };
}

function needed<T>(part: T | undefined): T {
  if (part !== undefined) return part;
  throw new ConfedError(
    "failed_precondition",
    "whoever reaches this head may do everything: it knows no users",
    {
      hint: "users come with TLS: head: { tls: on }",
    },
  );
}
