import { type Channel, openChannel, type RunningServer, type ServerOptions, startServer } from "@confed/wire";

/**
 * How simulated agents reach heads and are reached. The one place where a fleet gets its credentials:
 * both are asked in the name of one agent.
 */
export interface FleetWire {
  openHead(agent: string, address: string): Channel<"Head">;
  serve(
    agent: string,
    options: Pick<ServerOptions, "listen" | "services" | "logger">,
  ): Promise<RunningServer>;
}

/** Without TLS: on loopback only. */
export const plainWire: FleetWire = {
  openHead: (_agent, address) => openChannel("Head", address),
  serve: (_agent, options) => startServer(options),
};
