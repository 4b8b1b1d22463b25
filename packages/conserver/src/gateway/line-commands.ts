import { commandHelp, examineLine, groupLine, hostsLine, infoLine, type ListedConsole } from "@confed/codecs";
import type { Addressees, ResolvedConsole } from "./console-host.ts";
import type { GatewayControl, SessionOptions } from "./gateway-options.ts";
import { VERSION_TEXT } from "./version-text.ts";

/** What a line is answered with. */
export interface LineAnswer {
  readonly say: string;
  readonly close?: boolean;
  readonly encrypt?: boolean;
  /** Logged in as. */
  readonly user?: string;
  /** From here on it is that console's connection. */
  readonly attach?: Extract<ResolvedConsole, { type: "here" }>;
}

/** Who asks, and where it was reached. */
export interface LineContext extends SessionOptions {
  readonly user: string;
  readonly acid: string;
  readonly localAddress: string;
  readonly port: number;
}

/** Answer one line of somebody who has logged in: conserver's master and its groups, on one connection. */
export async function answerLine(
  command: string,
  argument: string,
  context: LineContext,
): Promise<LineAnswer> {
  const answer = Object.hasOwn(COMMANDS, command) ? COMMANDS[command as keyof typeof COMMANDS] : undefined;
  return answer === undefined ? { say: "unknown command\r\n" } : answer(argument, context);
}

type Command = (argument: string, context: LineContext) => LineAnswer | Promise<LineAnswer>;

const COMMANDS = {
  exit: () => ({ say: "goodbye\r\n", close: true }),
  help: () => ({ say: HELP }),
  call,
  groups: (_, { port }) => ({ say: `${port}\r\n` }),
  master: (_, { host, localAddress }) => ({
    // An IPv6 address cannot be said: the colon parts entries. Nothing in front is the same host.
    say: `${[localAddress.includes(":") ? "@" : `@${localAddress}`, ...host.masters()].join(":")}\r\n`,
  }),
  pid: () => ({ say: `${process.pid}\r\n` }),
  version: () => ({ say: `${VERSION_TEXT}\r\n` }),
  info: listing(infoLine),
  examine: listing(examineLine),
  hosts: listing((console) => hostsLine(console, undefined)),
  group: listing(({ users }) => users.map((user) => groupLine(user, false, user.console)).join("")),
  broadcast: async (text, context) => {
    if (text === "") return { say: "broadcast requires argument\r\n" };
    await context.host.tell(EVERYBODY, text, context);
    return { say: "ok\r\n" };
  },
  textmsg: async (argument, context) => {
    const [, to, text] = /^(\S+)\s+(.+)$/s.exec(argument) ?? [];
    if (to === undefined || text === undefined) return { say: "textmsg requires two arguments\r\n" };
    await context.host.tell(addressees(to), text, context);
    return { say: "ok\r\n" };
  },
  disconnect: async (argument, context) => {
    if (!context.access.isAdmin(context.user)) return { say: UNAUTHORIZED };
    if (argument === "") return { say: "disconnect requires argument\r\n" };
    const count = await context.host.disconnect(addressees(argument), context);
    return { say: `ok -- disconnected ${count} users\r\n` };
  },
  quit: control("quit", "ok -- terminated", true),
  restart: control("reconfigure", "ok -- restarting"),
  reconfig: control("reconfigure", "ok -- reconfiguring"),
  newlogs: control("reopen_logs", "ok -- opening new logfiles"),
  up: control("bring_up", "ok -- bringing up consoles"),
} as const satisfies Record<string, Command>;

const UNAUTHORIZED = "unauthorized command\r\n";

const HELP = commandHelp({
  broadcast: "send broadcast message",
  call: "connect to given console",
  "disconnect*": "disconnect the given user(s)",
  examine: "examine port and baud rates",
  exit: "disconnect",
  group: "show users in this group",
  groups: "provide ports for group leaders",
  help: "this help message",
  hosts: "show host status and user",
  info: "show console information",
  master: "provide a list of master servers",
  "newlogs*": "close and open all logfiles (SIGUSR2)",
  pid: "provide pid of master process",
  "quit*": "terminate conserver (SIGTERM)",
  "reconfig*": "reread config file (SIGHUP)",
  "restart*": "restart conserver (SIGHUP) - deprecated",
  textmsg: "send a text message",
  "up*": "bring up all downed consoles (SIGUSR1)",
  version: "provide version info for server",
});

/**
 * A redirect where the console is elsewhere, else the console itself: one connection less than with conserver, whose
 * master only names a port. A client cannot tell; it takes any answer that begins with `[`.
 */
async function call(name: string, context: LineContext): Promise<LineAnswer> {
  if (name === "") return { say: "call requires argument\r\n" };
  const resolved = await context.host.resolve(name, context);
  switch (resolved.type) {
    case "unknown":
      return { say: `console \`${name}' not found\r\n` };
    case "ambiguous":
      return {
        say: `ambiguous console abbreviation, \`${name}'\r\n\tchoices are ${resolved.choices.join(", ")}\r\n`,
      };
    case "elsewhere":
      return { say: `${resolved.where}\r\n` };
    case "here":
      if (resolved.access === "none") return { say: `${name}: permission denied\r\n`, close: true };
      if (resolved.login) return { say: "", attach: resolved };
      return { say: `${name}: ${resolved.motd ?? "no logins allowed at this time"}\r\n`, close: true };
  }
}

/** The lines of every console, or of one that is named; of none that does not exist. */
function listing(lineOf: (console: ListedConsole) => string): Command {
  return async (name, context) => {
    const { host } = context;
    const consoles = await host.list(context);
    if (name === "") return { say: consoles.map(lineOf).join("") };
    const resolved = await host.resolve(name, context);
    const wanted = resolved.type === "here" ? resolved.name : undefined;
    return {
      say: consoles
        .filter((console) => console.name === wanted)
        .map(lineOf)
        .join(""),
    };
  };
}

function control(what: GatewayControl, done: string, close = false): Command {
  return async (_, context) => {
    const { access, user, address } = context;
    if (!access.isAdmin(user)) return { say: UNAUTHORIZED };
    context.onEvent?.({ what: "control", user, address, text: what });
    await context.control(what, context);
    return { say: `${done}\r\n`, close };
  };
}

const EVERYBODY: Addressees = { user: undefined, console: undefined };

/** `user`, `@console` or `user@console`, whole. */
function addressees(to: string): Addressees {
  const at = to.indexOf("@");
  const [user, console] = at < 0 ? [to, ""] : [to.slice(0, at), to.slice(at + 1)];
  return { user: user === "" ? undefined : user, console: console === "" ? undefined : console };
}
