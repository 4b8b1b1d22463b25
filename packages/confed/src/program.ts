import { withSection } from "@confed/rcons";
import { Command, type OutputConfiguration } from "commander";
import { defineAgent } from "./commands/agent.ts";
import { defineAgentShard } from "./commands/agent-shard.ts";
import { defineAudit } from "./commands/audit.ts";
import { defineCa } from "./commands/ca.ts";
import { defineCheck } from "./commands/check.ts";
import { defineCompletion } from "./commands/completion.ts";
import { defineConserver } from "./commands/conserver.ts";
import { defineConsole } from "./commands/console.ts";
import { defineHead } from "./commands/head.ts";
import { defineHostkeys } from "./commands/hostkeys.ts";
import { defineImport } from "./commands/import.ts";
import type { DefineCommand, Launch } from "./commands/launch.ts";
import { defineLogs } from "./commands/logs.ts";
import { defineReload } from "./commands/reload.ts";
import { defineGrant, defineRole } from "./commands/role.ts";
import { defineSim } from "./commands/sim.ts";
import { defineStatus } from "./commands/status.ts";
import { defineToken } from "./commands/token.ts";
import { defineUp } from "./commands/up.ts";
import { defineUser } from "./commands/user.ts";
import { defineXcat } from "./commands/xcat.ts";
import { VERSION } from "./version.ts";

const COMMANDS: readonly DefineCommand[] = [
  defineUp,
  defineHead,
  defineAgent,
  defineAgentShard,
  defineStatus,
  defineCa,
  defineToken,
  defineReload,
  defineConsole,
  defineCheck,
  defineImport,
  defineConserver,
  defineXcat,
  defineLogs,
  defineUser,
  defineRole,
  defineGrant,
  defineAudit,
  defineHostkeys,
  defineSim,
  defineCompletion,
];

/** Describes the whole command line. Nothing runs but through `launch`. */
export function buildProgram(launch: Launch, output: OutputConfiguration = {}): Command {
  const program = new Command("confed")
    .description("run and look after the heads and agents of a console federation")
    .usage("COMMAND [options]")
    .version(VERSION, "-V, --version", "print the version")
    // So that a command below a command may have an option of the same name: `sim`, `sim fleet`.
    .enablePositionalOptions()
    .helpOption("-h, --help", "print this help, or with a command its help")
    // Some commands have options of the same names as their own subcommands: each takes what stands behind it.
    .enablePositionalOptions()
    .showSuggestionAfterError(true);
  for (const define of COMMANDS) define(program, launch);
  // What is wrong goes to people through one door, with the exit codes of the house.
  settle(program, { ...output, writeErr: () => undefined });
  return withSection(program, {
    title: "Exit codes",
    lines: [
      "0 ok, 1 other, 2 usage or configuration, 3 not found, 4 denied, 6 console down,",
      "7 agent unreachable, 8 head unreachable, 9 time-out, 10 conflict, 11 limit, 70 a bug, 130 interrupted",
    ],
  });
}

function settle(command: Command, output: OutputConfiguration): void {
  command.exitOverride().helpCommand(false).configureOutput(output);
  for (const child of command.commands) settle(child, output);
}
