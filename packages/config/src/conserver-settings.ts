import type { HostPort } from "@confed/kernel";
import type { PamSettings } from "./pam-schema.ts";

/** Where an agent or a head speaks conserver's protocol, and to whom. Only where `listen` has an address. */
export interface ConserverSettings {
  /** Port 0: the system chooses. */
  readonly listen: readonly HostPort[];
  /** A conserver.cf, whose lists of hosts and users, aliases, breaks and tasks hold here. */
  readonly file?: string | undefined;
  /** As conserver.passwd(5) has it; the `passwdfile` of `file` unless given. */
  readonly passwords?: string | undefined;
  /** For whom that says `*passwd*`: the host's own users, by this helper. Without it they are refused. */
  readonly pam?: PamSettings | undefined;
  /** From there everybody is who he says. Looked at before the lists of `file`, like `allowed`. */
  readonly trusted: readonly string[];
  /** From there people come in with a password. */
  readonly allowed: readonly string[];
  /** Who may end, reload and disconnect, besides those of `file`. */
  readonly admins: readonly string[];
  /** A file with certificate and key, PEM; else `sslcredentials` of `file`, else the identity of this machine. */
  readonly certificate?: string | undefined;
  /** Clients need a certificate that one of these authorities signed. */
  readonly clientAuthorities?: string | undefined;
  /** Encrypt without any certificate, where there is none. Whoever sits in between reads and types. */
  readonly anonymousTls: boolean;
  /** Whose connections need not be encrypted. */
  readonly plain: (typeof PLAIN_FROM)[number];
  /** Of a head: clients of these networks are sent to the agent that has the console; others are relayed. */
  readonly redirect: readonly string[];
}

/** The words of configuration for who need not encrypt. */
export const PLAIN_FROM = ["nowhere", "loopback", "anywhere"] as const;

/** The `conserver:` of an agent: it has the consoles of the file whose master is its host; the file need not exist yet. */
export interface AgentConserver extends ConserverSettings {
  /** What the host is called there as well, beside its own names and addresses. */
  readonly masters?: readonly string[] | undefined;
}

/** The `conserver:` of a head: consoles of the file with a master elsewhere go to the agent of that name. */
export interface HeadConserver extends ConserverSettings {
  /** Agents by what the file calls their hosts, where that is not the agent's name. */
  readonly masters?: Readonly<Record<string, string>> | undefined;
  /** What an exec console without a command starts at its agent; `&` stands for its name. */
  readonly exec?: string | undefined;
}
