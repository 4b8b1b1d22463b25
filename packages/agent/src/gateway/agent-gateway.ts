import { closeSync } from "node:fs";
import type { ConserverSettings } from "@confed/config";
import type { Scope } from "@confed/kernel";
import type { Audit } from "@confed/trust/audit";
import type { Handlers, TlsProvider } from "@confed/wire";

/** What a gateway is given by its agent. */
export interface BehindGateway {
  /** Of the whole host, where it is several processes. */
  readonly services: Handlers<"Agent">;
  readonly audit: Pick<Audit, "event">;
  /** Of this machine, where it has one. */
  readonly identity: TlsProvider | undefined;
  /** Read the configuration again, as on SIGHUP. */
  readonly reload: (by: string) => Promise<void>;
  readonly reopenLogs: () => void;
  /** What the process before this one listened with: the gateway's from now on. */
  readonly inherited: readonly GatewayListener[];
}

/** A socket that listens for conserver's clients. */
export interface GatewayListener {
  /** As configuration has it. */
  readonly address: string;
  readonly descriptor: number;
}

/** A gateway that listens. */
export interface AgentGateway {
  readonly port: number;
  /** For a process that is to go on with them. */
  listeners(): readonly GatewayListener[];
  close(): Promise<void>;
}

/** Opens it; handed in by who assembles the process. */
export type OpenGateway = (settings: ConserverSettings, behind: BehindGateway) => Promise<AgentGateway>;

/** The gateway of an agent, where its settings ask for one; of several shards the first has it for the host. The scope closes it. */
export async function openAgentGateway(
  settings: ConserverSettings | undefined,
  {
    gateway,
    shard,
  }: { readonly gateway?: OpenGateway | undefined; readonly shard?: { readonly index: number } | undefined },
  { scope, ...behind }: BehindGateway & { readonly scope: Pick<Scope, "own"> },
): Promise<AgentGateway | undefined> {
  if (settings === undefined || settings.listen.length === 0) {
    // Configuration has changed: who comes there is to be refused, and not to wait.
    for (const { descriptor } of behind.inherited) closeSync(descriptor);
    return undefined;
  }
  if (shard !== undefined && shard.index !== 0) return undefined;
  const opened = await gateway?.(settings, behind);
  scope.own(() => opened?.close());
  return opened;
}
