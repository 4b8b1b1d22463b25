import type { Logger } from "@confed/kernel";
import type { AgentRecord } from "../directory/agent-record.ts";
import type { Directory } from "../directory/directory.ts";
import { AgentLink } from "./agent-link.ts";
import type { DialAgentDeps } from "./dial-agent.ts";

export interface AgentLinksDeps extends DialAgentDeps {
  readonly directory: Directory;
  readonly logger: Logger;
}

/** One link for each agent of the directory, made when first asked for. */
export class AgentLinks {
  readonly #deps: AgentLinksDeps;
  readonly #links = new Map<string, AgentLink>();

  constructor(deps: AgentLinksDeps) {
    this.#deps = deps;
  }

  of(agent: AgentRecord): AgentLink {
    const known = this.#links.get(agent.id);
    if (known !== undefined) return known;
    const link = new AgentLink(agent, {
      ...this.#deps,
      onDialled: (failure) => {
        this.#deps.directory.setDialFailure(agent, failure);
      },
    });
    this.#links.set(agent.id, link);
    return link;
  }

  /** An agent has joined: find out whether it can be dialled. `anew`: it was started again, or was down. */
  admitted(agent: AgentRecord, anew: boolean): void {
    const link = this.of(agent);
    // What its last process was asked, nobody will answer; and a connection through a network that was cut for a while
    // stands still for as long again, until TCP tries it once more.
    if (anew) link.hangUp();
    link.probe();
  }

  /** End every call. */
  close(): void {
    for (const link of this.#links.values()) link.close();
  }
}
