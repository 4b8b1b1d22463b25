import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { DEFAULT_PORTS, loadAgentConfig, loadHeadConfig } from "@confed/config";
import { ConfedError, checkName, EXIT, parseHostPort, Scope, silentLogger } from "@confed/kernel";
import { loadOrSay } from "../process/load-or-say.ts";
import { configPathOf } from "../process/run-daemon.ts";
import type { World } from "../world.ts";
import type { MachineKind } from "./run-machines.ts";

/** What commander makes of the command line of `confed agent enroll` and `confed head enroll`. */
export interface EnrollFlags {
  readonly config?: string;
  readonly head: string;
  readonly token: string;
  readonly key?: string;
}

/** Become a machine of the cluster that the token is of. */
export async function runEnroll(world: World, kind: MachineKind, flags: EnrollFlags): Promise<number> {
  const path = configPathOf(flags.config, world.env);
  const place = kind === "agent" ? await agentPlace(world, path) : await headPlace(world, path);
  if (place === undefined) return EXIT.usage;
  const [{ enroll, identityDirectory }, { startNameResolver }] = await Promise.all([
    import("@confed/agent/identity"),
    import("@confed/transports"),
  ]);
  const { clock } = world;
  const scope = new Scope();
  const forget = world.onSignal("SIGINT", () => {
    void scope.close(new ConfedError("canceled", "interrupted"));
  });
  try {
    const { host, port } = parseHostPort(flags.head, DEFAULT_PORTS.head);
    const resolver = startNameResolver({ clock, logger: silentLogger, scope });
    const [first] = await resolver.resolve(host, scope.signal);
    const directory = identityDirectory(place.stateDir);
    await enroll(
      {
        ...{ directory, id: place.id, head: { host: first?.address ?? host, port } },
        token: tokenIn(flags.token),
        key: flags.key === undefined ? undefined : textIn(flags.key, "key"),
      },
      {
        ...{ clock, signal: scope.signal },
        onPending: (fingerprint) => {
          world.stdout.write(
            `waiting for approval, fingerprint ${fingerprint}\nat the head: confed ${kind} approve ${place.id} ${fingerprint}\n`,
          );
        },
      },
    );
    world.stdout.write(`enrolled: the identity of ${kind} ${place.id} is in ${directory}\n`);
    return EXIT.ok;
  } finally {
    forget();
    await scope.close();
  }
}

async function agentPlace(world: World, path: string) {
  const config = await loadOrSay(loadAgentConfig(path), world.stderr);
  return config === undefined ? undefined : { id: config.agent.id, stateDir: config.agent.stateDir };
}

async function headPlace(world: World, path: string) {
  const config = await loadOrSay(loadHeadConfig(path), world.stderr);
  return config === undefined
    ? undefined
    : { id: config.head.id ?? checkName(hostname(), "agent"), stateDir: config.head.stateDir };
}

/** "@FILE": the token is in that file, where no list of processes shows it. */
function tokenIn(text: string): string {
  return text.startsWith("@") ? textIn(text.slice(1), "token") : text;
}

function textIn(file: string, what: "key" | "token"): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new ConfedError("invalid_argument", `no ${what} in ${file}: it cannot be read`, {
      where: file,
      hint: `is it there, and may you read it? ${ConfedError.from(cause).rawMessage}`,
      cause,
    });
  }
}
