import { join } from "node:path";
import type { ConsoleSpec, IpmiConsoleSpec, SecretRef, SshConsoleSpec } from "@confed/config";
import { type Clock, formatHostPort, unreachable } from "@confed/kernel";
import {
  exec,
  ipmi,
  type SecretSource,
  serial,
  ssh,
  startProgram,
  type TransportFactory,
  tcp,
  telnet,
  unix,
} from "@confed/transports";

import { withIdleInput } from "./idle-input.ts";
import { withInitCommand } from "./init-command.ts";
import type { SecretReads } from "./secret-reads.ts";

export { ipmiDrops, receiveDescriptor } from "@confed/transports";

/** What a console's way needs beside its own configuration. */
export interface TransportContext {
  readonly stateDir: string;
  /** For the ssh-agent's socket. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told where a secret of a console is read from, the first time. */
  readonly onSecret?: ((console: string, from: string) => void) | undefined;
  readonly secrets: SecretReads;
  /** Coarse. */
  readonly timers: Pick<Clock, "after">;
}

/** From the words of configuration to a way of reaching the console, with what is done there by itself. */
export function transportOf(spec: ConsoleSpec, context: TransportContext): TransportFactory {
  const bare = bareTransportOf(spec, context);
  const { idleInput, initCommand } = spec;
  if (idleInput === undefined && initCommand === undefined) return bare;
  return (deps) => {
    const { clock } = deps;
    const begun =
      initCommand === undefined
        ? bare(deps)
        : withInitCommand(bare(deps), initCommand, { clock, start: startProgram });
    return idleInput === undefined
      ? begun
      : withIdleInput(begun, idleInput, { clock, timers: context.timers });
  };
}

/** The one page that knows all kinds. */
function bareTransportOf(spec: ConsoleSpec, context: TransportContext): TransportFactory {
  switch (spec.transport) {
    case "tcp":
      return tcp(spec);
    case "telnet":
      return telnet(spec);
    case "unix":
      return unix(spec);
    case "exec":
      return exec(spec);
    case "serial":
      return serial(spec);
    case "ssh":
      return sshOf(spec, context);
    case "ipmi":
      return ipmiOf(spec, context);
    default:
      return unreachable(spec);
  }
}

function placeOf(ref: SecretRef): string {
  return "env" in ref ? `$${ref.env}` : ref.file;
}

/** Where a console leads, for people. */
export function targetOf(spec: ConsoleSpec): string {
  switch (spec.transport) {
    case "tcp":
    case "telnet":
      return formatHostPort(spec);
    case "ssh":
    case "ipmi":
      return `${spec.user}@${formatHostPort(spec)}`;
    case "unix":
      return spec.path;
    case "exec":
      return spec.argv.join(" ");
    case "serial":
      return `${spec.device} ${spec.baud}`;
    default:
      return unreachable(spec);
  }
}

function sshOf(spec: SshConsoleSpec, context: TransportContext): TransportFactory {
  const { password, key, passphrase, agent, knownHosts, trustOnFirstUse, ...rest } = spec;
  const secret = (ref: SecretRef | undefined) => ref && secretSource(spec.name, ref, context);
  return ssh({
    ...rest,
    password: secret(password),
    privateKey: secret(key),
    passphrase: secret(passphrase),
    agentSocket: agent === true ? context.env["SSH_AUTH_SOCK"] : agent,
    knownHosts: {
      path: knownHosts ?? join(context.stateDir, "known_hosts"),
      mode: trustOnFirstUse ? "trustOnFirstUse" : "strict",
    },
  });
}

function ipmiOf(spec: IpmiConsoleSpec, context: TransportContext): TransportFactory {
  const { password, bmcKey, ...rest } = spec;
  return ipmi({
    ...rest,
    password: secretSource(spec.name, password, context),
    bmcKey: bmcKey && secretSource(spec.name, bmcKey, context),
  });
}

/** Resolves a reference whenever it is asked; whoever listens is told the first time. */
function secretSource(
  console: string,
  ref: SecretRef,
  { secrets, onSecret }: TransportContext,
): SecretSource {
  let told = false;
  return () => {
    if (!told) onSecret?.(console, placeOf(ref));
    told = true;
    return secrets.read(ref);
  };
}
