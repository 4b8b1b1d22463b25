import { type Clock, ConfedError } from "@confed/kernel";
import { ALL_VERBS, verbSet, verbsIn } from "@confed/trust";
import type { Handlers } from "@confed/wire";
import { callerFor, type HeadAccess } from "../access/head-access.ts";
import type { Store } from "../store/store.ts";
import { administer } from "./administer.ts";
import type { Logins, LoginTokens } from "./logins.ts";

export interface UserServiceDeps {
  readonly access: HeadAccess;
  readonly clock: Clock;
  /** Undefined where access is open: there nobody logs in. */
  readonly logins: Logins | undefined;
  readonly store: Store | undefined;
}

/** Logging in, and the administration of users and roles. */
export function userService({
  access,
  clock,
  logins,
  store,
}: UserServiceDeps): Pick<Handlers<"Head">, "login" | "logout" | "whoAmI" | "administer"> {
  return {
    login: async (request) => {
      const { password, refreshToken } = request;
      if (request.how === "refreshToken") return answer(await needed(logins).refresh(refreshToken ?? ""));
      if (!password)
        throw new ConfedError("invalid_argument", "log in with what?", { hint: "a user and a password" });
      return answer(await needed(logins).login(password.user, password.password));
    },
    logout: async ({ refreshToken }) => {
      await needed(logins).logout(refreshToken);
      return {};
    },
    whoAmI: async (_request, _signal, call) => {
      const caller = access.who(call);
      const verbs = verbsIn(ALL_VERBS).filter((verb) => caller.mayEver(verbSet([verb])));
      return { subject: caller.name, verbs };
    },
    administer: async (request, _signal, call) => {
      callerFor(access, call, "admin");
      return administer(request, { store: needed(store), clock });
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
