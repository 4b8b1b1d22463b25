import { Command } from "commander";
import { defineAttach } from "./commands/attach.ts";
import { defineComplete } from "./commands/complete.ts";
import { defineCompletion } from "./commands/completion.ts";
import { defineInfo } from "./commands/info.ts";
import type { DefineCommand, Launch } from "./commands/launch.ts";
import { defineLog } from "./commands/log.ts";
import { defineLogin, defineLogout } from "./commands/login.ts";
import { defineLs } from "./commands/ls.ts";
import { defineReconnect } from "./commands/reconnect.ts";
import { defineSend } from "./commands/send.ts";
import { defineTail } from "./commands/tail.ts";
import { defineWho } from "./commands/who.ts";
import { defineWhoAmI } from "./commands/whoami.ts";
import { withSection } from "./examples.ts";
import { VERSION } from "./version.ts";

/** In the order of the help. */
const COMMANDS: readonly DefineCommand[] = [
  defineAttach,
  defineLs,
  defineInfo,
  defineWho,
  defineLog,
  defineTail,
  defineSend,
  defineReconnect,
  defineLogin,
  defineLogout,
  defineWhoAmI,
  defineCompletion,
  defineComplete,
];

/** Describes the whole command line. Nothing runs but through `launch`. */
export function buildProgram(launch: Launch): Command {
  const program = new Command("rcons")
    .description("attach to consoles, watch them and read their logs")
    .usage("NODE [options] | COMMAND [options]")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help, or with a command its help")
    .option(
      "--head <addresses>",
      "heads to ask, host:port[,host:port...], tried in order (CONFED_HEAD; 127.0.0.1:7100)",
    )
    .option("--agent <address>", "talk to this agent alone, without any head")
    .option("--socket <path>", "talk to a head or an agent of this host through its local socket")
    .showSuggestionAfterError(true)
    // What is wrong goes to people through one door, with the exit codes of the house.
    .configureOutput({ writeErr: () => undefined })
    .exitOverride();
  for (const define of COMMANDS) define(program, launch).exitOverride();
  return withSection(program, {
    title: "Exit codes",
    lines: [
      "0 ok, 1 other, 2 usage, 3 not found, 4 denied, 5 keyboard is held, 6 console down,",
      "7 agent unreachable, 8 head unreachable, 9 time-out, 10 conflict, 11 limit, 130 interrupted",
    ],
  });
}
