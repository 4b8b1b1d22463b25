import type { AgentGuard } from "@confed/agent";
import { IdentityKeeper, identityDirectory } from "@confed/agent/identity";
import type { AgentSettings } from "@confed/config";
import { type Clock, ConfedError, isLoopbackHost, type Logger, Scope } from "@confed/kernel";
import { startNameResolver } from "@confed/transports";

export interface GuardDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Owns the identity while it is in use. */
  readonly scope: Pick<Scope, "own">;
  /** False for a process whose supervisor renews the certificate. */
  readonly renews: boolean;
  /** Somebody said that it may listen beyond this host without TLS. */
  readonly insecureListen: boolean;
}

/**
 * Who this agent is, from its state directory; undefined where it does without: on loopback, or told so. Throws
 * "failed_precondition" where it needs an identity and has none, "conflict" for that of another machine.
 */
export function guardOf(settings: AgentSettings, deps: GuardDeps): AgentGuard | undefined {
  const { id, stateDir, tls: mode = "auto", listen, heads } = settings;
  const { clock, logger, scope, renews, insecureListen } = deps;
  if (mode === "off") return undefined;
  const resolving = new Scope();
  const resolver = startNameResolver({ clock, logger, scope: resolving });
  scope.own(() => resolving.close());
  const keeper = IdentityKeeper.open(identityDirectory(stateDir), {
    ...{ clock, logger, renewAt: renews ? heads : [] },
    resolveHost: async (host, signal) => (await resolver.resolve(host, signal)).map(({ address }) => address),
  });
  if (keeper === undefined) {
    if (mode === "auto" && (insecureListen || isLoopbackHost(listen.host))) return undefined;
    throw new ConfedError("failed_precondition", `agent ${id} needs TLS, and has no identity yet`, {
      subject: id,
      hint: `at the head: confed token create --agent ${id}; here: confed agent enroll --head HEAD --token TOKEN`,
    });
  }
  scope.own(() => {
    keeper.stop();
  });
  if (keeper.kind !== "agent" || (id !== keeper.id && !id.startsWith(`${keeper.id}.`))) {
    throw new ConfedError(
      "conflict",
      `the identity in ${stateDir} is that of ${keeper.kind} ${keeper.id}, not of agent ${id}`,
      {
        subject: id,
        hint: `agent: { id: "${keeper.id}" } in the configuration, or enrol ${id} anew`,
      },
    );
  }
  return { tls: keeper, authority: () => keeper.authority, machine: keeper.id };
}
