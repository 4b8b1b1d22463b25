import type { Handlers } from "@confed/wire";
import { type AttachDeps, AttachSession } from "./attach-session.ts";
import { type ControlDeps, control } from "./control.ts";
import { processStatus, type StatusDeps } from "./process-status.ts";
import { serveList } from "./serve-list.ts";
import { serveReadLog } from "./serve-read-log.ts";
import { serveTail } from "./tail-stream.ts";
import { type UpgradeDeps, upgrade } from "./upgrade.ts";

/** What an agent offers, one line a method. */
export function agentServices(deps: AttachDeps & StatusDeps & ControlDeps & UpgradeDeps): Handlers<"Agent"> {
  const { table } = deps;
  return {
    attach: (stream) => {
      // The stream's own callbacks keep the session as long as it lasts.
      new AttachSession(stream, deps).start();
    },
    tail: (request, outlet) => {
      serveTail(request, outlet, deps);
    },
    readLog: (request, outlet) => {
      serveReadLog(request, outlet, deps);
    },
    list: (request, outlet) => {
      serveList(request, outlet, table);
    },
    inspect: ({ console }) => Promise.resolve(table.status(table.get(console))),
    control: (request) => control(request, deps),
    upgrade: (request) => upgrade(request, deps),
    status: () => Promise.resolve(processStatus(deps)),
  };
}
