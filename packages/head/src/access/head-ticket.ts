import { type Verb, verbSet } from "@confed/trust";
import type { Ticket } from "@confed/wire";
import type { AgentRecord } from "../directory/agent-record.ts";
import type { Caller } from "./head-access.ts";

/**
 * What this head shows an agent when it asks on somebody's behalf: the agent then holds what it does
 * against that one's roles. The request itself says for which consoles.
 */
export function headTicket(caller: Caller, agent: AgentRecord, verb: Verb): Ticket | null {
  const nobody = new Uint8Array();
  return caller.ticketFor(agent, { verbs: verbSet([verb]), consoles: "*", clientKey: nobody }) ?? null;
}
