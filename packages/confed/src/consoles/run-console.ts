import { chownSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type ConfigFiles, type ConsoleSpec, checkConfig, managedTableIn, systemFiles } from "@confed/config";
import { ConfedError, EXIT, makeDirectory } from "@confed/kernel";
import { targetsOf } from "@confed/rcons";
import { wayToAgent } from "../agent/agent-targets.ts";
import { faultLines } from "../process/load-or-say.ts";
import { configPathOf } from "../process/run-daemon.ts";
import { lockState } from "../process/state-lock.ts";
import { askReload } from "../reload/ask-reload.ts";
import { faultLinesOf, planIn, planLines } from "../reload/plan-lines.ts";
import type { World } from "../world.ts";
import { editTable, type TableEdit } from "./edit-table.ts";
import type { AssignmentFlags } from "./run-assignment.ts";
import { writeWhole } from "./write-whole.ts";

/** What commander makes of the options of `confed console add|edit|rm`. */
export type ConsoleFlags = AssignmentFlags;

/**
 * `confed console add|edit|rm`: at a head where one is named or configured here, else at the agent of this host. There the edited table is checked with all the rest of the configuration
 * before it is written, and the agent is asked to take it up.
 */
export async function runConsole(world: World, edit: TableEdit, flags: ConsoleFlags): Promise<number> {
  const ofHead = async () => {
    const { runAssignment } = await import("./run-assignment.ts");
    return runAssignment(world, edit, flags);
  };
  if (flags.agent !== undefined || flags.head !== undefined || flags.socket !== undefined) return ofHead();
  const path = configPathOf(flags.config, world.env);
  const before = await checkConfig(path);
  if (before.ok === undefined) {
    world.stderr.write(faultLines(before.faults));
    return EXIT.usage;
  }
  const { agent, head, consoles } = before.ok;
  if (agent === undefined && head !== undefined) return ofHead();
  if (agent === undefined)
    throw new ConfedError("invalid_argument", `${path} has no agent section`, { subject: path });
  // Two who edit at the same time would each lose what the other wrote.
  const lock = lockState(lockDirectory(agent.stateDir), world.pid);
  try {
    const table = managedTableIn(agent.stateDir);
    const others = consoles.filter(({ name }) => name === edit.name);
    const text = editedText(table, edit, others[0]);
    const checked = await checkConfig(path, { files: withText(table, text) });
    if (checked.ok === undefined) {
      world.stderr.write(faultLines(checked.faults));
      return EXIT.usage;
    }
    await writeWhole(table, text);
    world.stdout.write(`${table}: written\n`);
  } finally {
    lock.release();
  }
  return takeUp(world, await wayToAgent(agent));
}

/** Root may edit today and the agent's own user tomorrow: it belongs to whom the state belongs. */
function lockDirectory(stateDir: string): string {
  const path = join(stateDir, "editing");
  makeDirectory(path, 0o700);
  if (process.getuid?.() === 0) {
    const { uid, gid } = statSync(stateDir);
    chownSync(path, uid, gid);
  }
  return path;
}

function editedText(table: string, edit: TableEdit, other: ConsoleSpec | undefined): string {
  try {
    return editTable(readIfAny(table), edit);
  } catch (reason) {
    const error = ConfedError.from(reason);
    const elsewhere =
      other?.epoch === undefined
        ? "another file defines it: edit that one, the agent takes it up by itself"
        : `a head has assigned it: confed console ${edit.kind} ${edit.name} --head HEAD`;
    const hint = error.code === "not_found" && other !== undefined ? elsewhere : error.hint;
    const where = error.where === undefined ? table : `${table}, ${error.where}`;
    throw new ConfedError(error.code, error.rawMessage, { subject: error.subject, where, hint });
  }
}

/** The files as they are, but for the one that is about to be written. */
function withText(path: string, text: string): ConfigFiles {
  return {
    read: (file) => (file === path ? Promise.resolve(Buffer.from(text)) : systemFiles.read(file)),
    list: (directory) => systemFiles.list(directory),
  };
}

function readIfAny(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw reason;
  }
}

async function takeUp(world: World, agent: string): Promise<number> {
  try {
    const answer = await askReload(world, { targets: targetsOf({ agent }, world.env), planOnly: false });
    const faults = faultLinesOf(answer);
    if (faults.length > 0) {
      world.stderr.write([...faults, "confed: the agent did not take it up", ""].join("\n"));
      return EXIT.usage;
    }
    world.stdout.write(`${planLines(planIn(answer)).join("\n")}\n`);
  } catch (reason) {
    const error = ConfedError.from(reason);
    if (error.code !== "agent_unreachable") throw error;
    world.stdout.write(`no agent answers at ${agent}: it takes this up when it starts\n`);
  }
  return EXIT.ok;
}
