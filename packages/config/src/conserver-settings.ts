/** The `conserver:` of an agent: it has the consoles of that file whose master is its host. */
export interface AgentConserver {
  /** A conserver.cf; need not exist yet. */
  readonly file: string;
  /** What the host is called there as well, beside its own names and addresses. */
  readonly masters?: readonly string[] | undefined;
}

/** The `conserver:` of a head: consoles of that file with a master elsewhere go to the agent of that name. */
export interface HeadConserver {
  readonly file: string;
  /** Agents by what the file calls their hosts, where that is not the agent's name. */
  readonly masters?: Readonly<Record<string, string>> | undefined;
  /** What an exec console without a command starts at its agent; `&` stands for its name. */
  readonly exec?: string | undefined;
}
