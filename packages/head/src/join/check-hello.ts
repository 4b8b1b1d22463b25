import { ConfedError, checkName, neutralise, parseHostPort } from "@confed/kernel";
import type { JoinHelloReceived } from "@confed/wire";
import type { AgentIdentity } from "../directory/agent-record.ts";
import { DIRECTORY_LIMITS as LIMITS } from "../directory/directory-limits.ts";

/** In whose name it holds consoles. Throws "invalid_argument" for one that it cannot be a process of. */
export function hostOf(agent: string, said: string, machine: string | undefined): string {
  if (machine !== undefined) return machine;
  if (said === "" || said === agent) return agent;
  if (agent.startsWith(`${checkName(said, "agent")}.`)) return said;
  throw new ConfedError("invalid_argument", `agent ${agent} says that it is a process of ${said}`, {
    subject: agent,
  });
}

/** Who joins, if that can be: throws "invalid_argument" with what is wrong, and "resource_exhausted". */
export function checkHello({
  agent,
  advertise,
  version,
  instance,
  conserverPort,
}: JoinHelloReceived): AgentIdentity {
  const id = checkName(agent, "agent");
  if (instance === "" || instance.length > LIMITS.instanceLengthMax) {
    throw new ConfedError("invalid_argument", `agent ${id} says no instance that could be one`, {
      subject: id,
      hint: `1 to ${LIMITS.instanceLengthMax} characters, random per start`,
    });
  }
  if (advertise.length > LIMITS.addressesMax) {
    throw new ConfedError(
      "resource_exhausted",
      `agent ${id} advertises ${advertise.length} addresses, more than ${LIMITS.addressesMax} (addressesMax)`,
      { subject: id },
    );
  }
  return {
    id,
    instance,
    version: neutralise(version, LIMITS.versionLengthMax),
    ...(conserverPort > 0 && conserverPort <= 65_535 ? { conserverPort } : {}),
    advertise: advertise.map((address) => checkAddress(address, id)),
  };
}

function checkAddress(address: string, id: string): string {
  try {
    if (address.length <= LIMITS.addressLengthMax) {
      parseHostPort(address);
      return address;
    }
  } catch {
    // What is wrong with it is said below, with the agent's name.
  }
  throw new ConfedError(
    "invalid_argument",
    `agent ${id} advertises "${neutralise(address, 100)}", which is no address`,
    {
      subject: id,
      hint: 'agent: { advertise: ["host:port"] } in its configuration',
    },
  );
}
