import { join } from "node:path";
import { type ConsoleSpec, resolveSecret, type SecretRef, type SshConsoleSpec } from "@confed/config";
import { formatHostPort, unreachable } from "@confed/kernel";
import {
  exec,
  type SecretSource,
  serial,
  ssh,
  type TransportFactory,
  tcp,
  telnet,
  unix,
} from "@confed/transports";

export { receiveDescriptor } from "@confed/transports";

/** What a console's way needs beside its own configuration. */
export interface TransportContext {
  readonly stateDir: string;
  /** For secrets that are references into the environment, and for the ssh-agent's socket. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told where a secret of a console is read from, the first time. */
  readonly onSecret?: ((console: string, from: string) => void) | undefined;
}

/** From the words of configuration to a way of reaching the console. The one page that knows all kinds. */
export function transportOf(spec: ConsoleSpec, context: TransportContext): TransportFactory {
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

function sshOf(spec: SshConsoleSpec, { stateDir, env, onSecret }: TransportContext): TransportFactory {
  const { password, key, passphrase, agent, knownHosts, trustOnFirstUse, ...rest } = spec;
  const secret = (ref: SecretRef | undefined): SecretSource | undefined => {
    if (ref === undefined) return undefined;
    let told = false;
    return () => {
      if (!told) onSecret?.(spec.name, placeOf(ref));
      told = true;
      return resolveSecret(ref, { env, signal: new AbortController().signal });
    };
  };
  return ssh({
    ...rest,
    password: secret(password),
    privateKey: secret(key),
    passphrase: secret(passphrase),
    agentSocket: agent === true ? env["SSH_AUTH_SOCK"] : agent,
    knownHosts: {
      path: knownHosts ?? join(stateDir, "known_hosts"),
      mode: trustOnFirstUse ? "trustOnFirstUse" : "strict",
    },
  });
}
