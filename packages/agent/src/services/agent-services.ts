import { ConfedError } from "@confed/kernel";
import { CONTROL_VERBS, holds, type Verb, verbSet } from "@confed/trust";
import type { Call, Handlers, TicketReceived } from "@confed/wire";
import type { Access, Grant } from "../access/access.ts";
import { unknownConsole } from "../console/console-table.ts";
import { type AttachDeps, AttachSession } from "./attach-session.ts";
import { type ControlDeps, control } from "./control.ts";
import { processStatus, type StatusDeps } from "./process-status.ts";
import { serveList } from "./serve-list.ts";
import { serveReadLog } from "./serve-read-log.ts";
import { serveTail } from "./tail-stream.ts";
import { type UpgradeDeps, upgrade } from "./upgrade.ts";

/** What an agent offers, one line a method. Nothing touches a console before it is known who asks. */
export function agentServices(deps: AttachDeps & StatusDeps & ControlDeps & UpgradeDeps): Handlers<"Agent"> {
  const { table, access } = deps;
  return {
    attach: (stream, call) => {
      // The stream's own callbacks keep the session as long as it lasts.
      new AttachSession(stream, call, deps).start();
    },
    tail: (request, outlet, call) => {
      serveTail(request, outlet, allowing(access, call, "view", request.ticket), deps);
    },
    readLog: (request, outlet, call) => {
      serveReadLog(request, outlet, allowing(access, call, "log.read", request.ticket), deps);
    },
    list: (request, outlet, call) => {
      serveList(request, outlet, allowing(access, call, "list", request.ticket), table);
    },
    inspect: async ({ console, ticket }, _signal, call) => {
      const grant = allowing(access, call, "list", ticket);
      const listed = table.find(console);
      if (listed === undefined || !holds(grant.verbsOn(listed), LIST))
        throw unknownConsole(console, deps.agent);
      return { ...table.status(listed), link: listed.console.link?.describe?.() ?? "" };
    },
    control: async (request, _signal, call) => {
      const verb = CONTROL_VERBS[request.action ?? "reconnect"];
      return control(request, allowing(access, call, verb, request.ticket), deps);
    },
    upgrade: async (request, _signal, call, whenAnswered) => {
      const answered = whenAnswered === undefined ? Promise.resolve() : new Promise<void>(whenAnswered);
      return upgrade(request, allowing(access, call, "config"), { ...deps, answered });
    },
    status: async (_request, _signal, call) => {
      // A head asks how its agents are without being asked itself.
      if (call.peer.class !== "machine") allowing(access, call, "list");
      return processStatus(deps);
    },
  };
}

const LIST = verbSet(["list"]);

/** Who calls, if there is any console that this could be done to. Throws "unauthenticated" and "permission_denied". */
function allowing(access: Access, call: Call, verb: Verb, ticket?: TicketReceived | null): Grant {
  const grant = access.authorise(call, ticket);
  if (grant.mayEver(verbSet([verb]))) return grant;
  throw new ConfedError("permission_denied", `your roles do not allow ${verb} anywhere on this agent`, {
    hint: "an administrator gives roles: confed grant",
  });
}
