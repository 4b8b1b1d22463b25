import { ConfedError, type HostPort, parseHostPort } from "@confed/kernel";
import { AGENT_PORT, HEAD_PORT, type TargetOptions, type Targets, targetsOf } from "./targets.ts";

/** Whom to ask for a console, and why, for people. */
export interface HostChoice {
  readonly targets: Targets;
  readonly why: string;
}

/**
 * As xCAT's rcons chooses the host of its console server: the argument, CONSERVER, the owner as a head knows it (that of
 * --head, or CONFED_HEAD), XCATHOST, this host. Throws "invalid_argument" for what is no address.
 */
export function chooseHost(
  host: string | undefined,
  options: TargetOptions,
  env: Readonly<Record<string, string | undefined>>,
): HostChoice {
  const said = options.head ?? options.agent ?? options.socket;
  const { CONSERVER, CONFED_HEAD, XCATHOST } = env;
  if (said !== undefined) {
    if (host !== undefined)
      throw new ConfedError("invalid_argument", `${host} and --head, --agent or --socket exclude each other`);
    const why =
      options.head === undefined ? `asking ${said}` : `asking the node's owner, as ${said} knows it`;
    return { targets: targetsOf(options, env), why };
  }
  if (host !== undefined)
    return { targets: serverAt(host, "the host", env), why: `asking ${host}, the argument` };
  if (isSaid(CONSERVER))
    return { targets: serverAt(CONSERVER, "CONSERVER", env), why: `asking ${CONSERVER}, of CONSERVER` };
  if (isSaid(CONFED_HEAD))
    return {
      targets: targetsOf({}, env),
      why: `asking the node's owner, as ${CONFED_HEAD} (CONFED_HEAD) knows it`,
    };
  if (isSaid(XCATHOST)) {
    // Its port is xcatd's.
    const management = XCATHOST.replace(/:\d+$/, "");
    return { targets: serverAt(management, "XCATHOST", env), why: `asking ${management}, of XCATHOST` };
  }
  return { targets: targetsOf({}, env), why: "asking localhost: nothing else is named" };
}

function isSaid(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}

/** The head of a host, or the agent where there is no head: xCAT says the host only. */
function serverAt(text: string, subject: string, env: Readonly<Record<string, string | undefined>>): Targets {
  const at = (defaultPort: number): HostPort => {
    try {
      return parseHostPort(text, { defaultPort });
    } catch (reason) {
      const { code, rawMessage, hint } = ConfedError.from(reason);
      throw new ConfedError(code, rawMessage, { subject, hint, cause: reason });
    }
  };
  const agent = at(AGENT_PORT);
  return {
    ...targetsOf({}, { ...env, CONFED_HEAD: "" }),
    kind: "heads",
    heads: [at(HEAD_PORT)],
    local: () => agent,
  };
}
