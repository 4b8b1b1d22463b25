import { ConfedError, type HostPort, parseHostPort } from "@confed/kernel";

/** Whom to ask: heads in order, or one agent without any head. */
export type Targets =
  | { readonly kind: "heads"; readonly heads: readonly HostPort[] }
  | { readonly kind: "agent"; readonly agent: HostPort };

/** Where a person said whom to ask. */
export interface TargetOptions {
  /** `--head A,B`. */
  readonly head?: string | undefined;
  /** `--agent A`. */
  readonly agent?: string | undefined;
}

const DEFAULT_HEAD = "127.0.0.1:7100";
export const HEAD_PORT = 7100;
export const AGENT_PORT = 7110;

/** Options first, then CONFED_HEAD, then the head of this host. Throws "invalid_argument". */
export function targetsOf(
  { head, agent }: TargetOptions,
  env: Readonly<Record<string, string | undefined>>,
): Targets {
  if (agent !== undefined) {
    if (head !== undefined) {
      throw new ConfedError("invalid_argument", "--agent and --head exclude each other", {
        hint: "--agent talks to one agent without any head",
      });
    }
    return { kind: "agent", agent: addressOf(agent, "--agent", AGENT_PORT) };
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
  return { kind: "heads", heads };
}

function addressOf(text: string, where: string, defaultPort: number): HostPort {
  try {
    return parseHostPort(text, { defaultPort });
  } catch (reason) {
    const error = ConfedError.from(reason);
    throw new ConfedError(error.code, error.rawMessage, { subject: where, hint: error.hint, cause: reason });
  }
}
