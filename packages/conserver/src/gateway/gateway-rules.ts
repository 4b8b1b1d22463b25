import { foldName } from "@confed/kernel";
import { type BreakDefinition, BUILTIN_BREAKS } from "../file/break-sequence.ts";
import type { ConserverConsole, ConserverFile, TaskDefinition } from "../file/conserver-file.ts";
import { substitutionValues } from "../file/finish-console.ts";
import { type ClientHost, type HostEntry, type HostTrust, trustOf } from "../file/host-list.ts";
import { substitute } from "../file/substitution.ts";
import { isListed } from "../file/user-list.ts";

/** What holds at a gateway besides roles: what its settings say, and the conserver.cf if there is one. */
export interface GatewayRules {
  trustOf(client: ClientHost): HostTrust;
  /** Some entry is a name: to know who comes, addresses must be looked up. */
  readonly hasHostNames: boolean;
  isAdmin(user: string): boolean;
  isLimited(user: string): boolean;
  readonly breaks: ReadonlyMap<string, BreakDefinition>;
  /** A beginning of a name is enough, where it is one console's. */
  readonly autocomplete: boolean;
  /** What the file says of a console by its name or an alias, in any case. */
  consoleOf(name: string): ConsoleRules | undefined;
  /** Every name and alias of the file that begins so, by its console's name. */
  beginning(name: string): readonly string[];
}

/** What a conserver.cf says of one console. Consoles that it does not have are as roles say. */
export interface ConsoleRules {
  readonly name: string;
  readonly aliases: readonly string[];
  accessOf(user: string): "write" | "view" | "none";
  readonly login: boolean;
  readonly motd: string | undefined;
  readonly breakKey: string;
  readonly breaks: ReadonlySet<string> | "all";
  /** Those that may be started with it. */
  readonly tasks: ReadonlyMap<string, OfferedTask>;
  readonly console: ConserverConsole;
}

/** A task of a console. */
export interface OfferedTask {
  /** As lists show it. */
  readonly title: string;
  /** As the others of the console are told. */
  readonly announced: string;
  /** For `/bin/sh -ce`, with everything filled in. */
  readonly cmd: string;
  readonly confirm: boolean;
  /** `user` or `user:group`. */
  readonly runas: string | undefined;
}

/** What settings say of who may come. */
export interface GatewayLists {
  readonly trusted: readonly string[];
  readonly allowed: readonly string[];
  readonly admins: readonly string[];
}

/**
 * The rules of settings and a file. Entries of settings come first; who fits none is rejected, unless the file says
 * otherwise. Costs one pass over the file; each question then a look-up, and the length of a list.
 */
export function rulesOf(
  lists: GatewayLists,
  file: ConserverFile | undefined,
  inHostGroup: (user: string, group: string) => boolean,
): GatewayRules {
  const entries: readonly HostEntry[] = [
    ...lists.trusted.map((host) => ({ trust: "trusted" as const, host })),
    ...lists.allowed.map((host) => ({ trust: "allowed" as const, host })),
    ...(file?.hosts ?? []),
  ];
  const otherwise = file?.settings.defaultaccess ?? "rejected";
  const byName = new Map<string, ConserverConsole>();
  for (const console of file?.consoles ?? []) byName.set(foldName(console.name), console);
  // A name outranks an alias of another.
  for (const console of file?.consoles ?? [])
    for (const alias of console.aliases)
      if (!byName.has(foldName(alias))) byName.set(foldName(alias), console);
  const listed = (list: ConserverFile["admins"] | undefined, user: string) =>
    list === undefined ? undefined : isListed(list, user, inHostGroup);
  return {
    trustOf: (client) => trustOf(entries, client, otherwise),
    hasHostNames: entries.some(({ host }) => /[a-z]/i.test(host) && !host.includes(":")),
    isAdmin: (user) => lists.admins.includes(user) || listed(file?.admins, user) === true,
    isLimited: (user) => listed(file?.limited, user) === true,
    breaks: file?.breaks ?? BUILTIN_BREAKS,
    autocomplete: file?.settings.autocomplete ?? true,
    consoleOf: (name) => {
      const console = byName.get(foldName(name));
      return console && consoleRules(console, file?.tasks ?? new Map(), inHostGroup);
    },
    beginning: (name) => {
      const folded = foldName(name);
      const found = [...byName]
        .filter(([each]) => each.startsWith(folded))
        .map(([, console]) => console.name);
      return [...new Set(found)];
    },
  };
}

function consoleRules(
  console: ConserverConsole,
  tasks: ReadonlyMap<string, TaskDefinition>,
  inHostGroup: (user: string, group: string) => boolean,
): ConsoleRules {
  const { name, aliases, fields } = console;
  const { rw = [], ro = [], breaklist = ["*"], tasklist = ["*"], options, motd } = fields;
  const values = substitutionValues(console);
  return {
    name,
    aliases,
    accessOf: (user) => {
      if (isListed(rw, user, inHostGroup) === true) return "write";
      return isListed(ro, user, inHostGroup) === true ? "view" : "none";
    },
    login: options?.login ?? console.way.type !== "noop",
    motd,
    breakKey: fields.break ?? "1",
    breaks: breaklist.includes("*") ? "all" : new Set(breaklist),
    tasks: new Map(
      [...tasks]
        .filter(([key]) => tasklist.includes("*") || tasklist.includes(key))
        .map(([key, { cmd: written, description, confirm, runas, subst }]) => {
          const cmd = substitute(written, subst, values);
          const titles = { title: description ?? written, announced: description ?? cmd };
          return [key, { ...titles, cmd, confirm, runas }];
        }),
    ),
    console,
  };
}
