import { ConfedError, type HostPort, neutralise, parseHostPort, systemClock } from "@confed/kernel";
import { ClientIdentity } from "../identity/client-identity.ts";
import { localAgent } from "./local-agent.ts";

/** Whom to ask: heads in order, or one agent without any head. */
export type Targets = (
  | {
      readonly kind: "heads";
      readonly heads: readonly HostPort[];
      /** The socket of an agent of this host, for when no head answers: nobody was named by hand. */
      readonly local?: (() => HostPort | undefined) | undefined;
    }
  | { readonly kind: "agent"; readonly agent: HostPort }
) & {
  /** Who we are to them; without it nobody. */
  readonly identity?: ClientIdentity | undefined;
};

/** Where a person said whom to ask. */
export interface TargetOptions {
  /** `--head A,B`. */
  readonly head?: string | undefined;
  /** `--agent A`. */
  readonly agent?: string | undefined;
  /** `--socket PATH`, of a head or an agent of this host. */
  readonly socket?: string | undefined;
}

const DEFAULT_HEAD = "127.0.0.1:7100";
export const HEAD_PORT = 7100;
export const AGENT_PORT = 7110;

/** Options first, then CONFED_HEAD, then the head of this host. Throws "invalid_argument". */
export function targetsOf(
  { head, agent, socket }: TargetOptions,
  env: Readonly<Record<string, string | undefined>>,
): Targets {
  const identity = new ClientIdentity(env, systemClock);
  if (socket !== undefined) {
    if (head !== undefined || agent !== undefined)
      throw new ConfedError("invalid_argument", "--socket excludes --agent and --head");
    return socketTarget(socket);
  }
  if (agent?.startsWith("/") === true && head === undefined) return socketTarget(agent);
  if (agent !== undefined) {
    if (head !== undefined) {
      throw new ConfedError("invalid_argument", "--agent and --head exclude each other", {
        hint: "--agent talks to one agent without any head",
      });
    }
    return { kind: "agent", agent: addressOf(agent, "--agent", AGENT_PORT), identity };
  }
  const fromEnv = env["CONFED_HEAD"] === "" ? undefined : env["CONFED_HEAD"];
  const where = head === undefined && fromEnv !== undefined ? "CONFED_HEAD" : "--head";
  const heads = (head ?? fromEnv ?? DEFAULT_HEAD)
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .map((text) => addressOf(text, where, HEAD_PORT));
  if (heads.length === 0) {
    throw new ConfedError("invalid_argument", "no head is named", {
      subject: where,
      hint: "host:port[,host:port...]",
    });
  }
  return { kind: "heads", heads, identity, local: head === undefined ? () => localAgent(env) : undefined };
}

/** The name of the file says who listens. */
function socketTarget(path: string): Targets {
  if (!path.startsWith("/")) {
    throw new ConfedError("invalid_argument", `"${neutralise(path, 140)}" is not an absolute path`, {
      subject: "--socket",
    });
  }
  const at = { host: `unix:${path}`, port: 0 };
  if (path.endsWith("/head.sock")) return { kind: "heads", heads: [at] };
  if (path.endsWith("/agent.sock")) return { kind: "agent", agent: at };
  throw new ConfedError("invalid_argument", `"${neutralise(path, 140)}" is no socket of a head or an agent`, {
    subject: "--socket",
    hint: "it ends with /head.sock or /agent.sock",
  });
}

function addressOf(text: string, where: string, defaultPort: number): HostPort {
  try {
    return parseHostPort(text, { defaultPort });
  } catch (reason) {
    const error = ConfedError.from(reason);
    throw new ConfedError(error.code, error.rawMessage, { subject: where, hint: error.hint, cause: reason });
  }
}
