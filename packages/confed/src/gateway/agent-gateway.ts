import type { AgentDeps } from "@confed/agent";
import { type Clock, ConfedError, type Logger } from "@confed/kernel";

/** What the gateway of an agent takes from its process. */
export interface AgentGatewayDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The process whose end is the agent's. */
  readonly pid: number;
  /** Another process has the port still. */
  readonly waitForPort: boolean;
}

/** How an agent serves conserver's clients, where its settings ask for it. Costs nothing until then. */
export function agentGateway({ clock, logger, pid, waitForPort }: AgentGatewayDeps): AgentDeps["gateway"] {
  return async (settings, { services, audit, identity, reload, reopenLogs, inherited }) => {
    const { openGateway } = await import("./open-gateway.ts");
    return openGateway(settings, {
      behind: {
        services,
        find: async (console, call) => {
          try {
            return await services.inspect({ console, ticket: null }, new AbortController().signal, call);
          } catch (reason) {
            const error = ConfedError.from(reason);
            if (NOT_THERE.has(error.code)) return undefined;
            throw error;
          }
        },
      },
      ...{ identity, audit, clock, logger, reload, reopenLogs, waitForPort, inherited },
      quit: () => {
        process.kill(pid, "SIGTERM");
      },
    });
  };
}

/** A name that is no name of ours either. */
const NOT_THERE: ReadonlySet<string> = new Set(["not_found", "permission_denied", "invalid_argument"]);
