import { controlName } from "@confed/codecs";
import { ConfedError } from "@confed/kernel";
import { taskList } from "./attached-listings.ts";
import type { ResolvedConsole } from "./console-host.ts";
import type { ConsoleTasks } from "./console-tasks.ts";

/** Whose tasks, and where they run. */
export interface TaskAsker {
  readonly console: Extract<ResolvedConsole, { type: "here" }>;
  readonly running: ConsoleTasks;
  readonly writes: boolean;
  /** As the client has it now, for who reads how to use it. */
  readonly escape: { readonly first: number; readonly second: number };
  /** Everybody at the console: what a task prints, and how it ends. */
  readonly tellAll: (text: string) => void;
}

/**
 * What `^Ec!` and a key do: `?` lists, `.` ends the one that runs, others start theirs. `text` follows `[task `; `started` is
 * what was started, for the others.
 */
export function taskAnswer(
  key: string,
  { console, running, writes, escape, tellAll }: TaskAsker,
): { readonly text: string; readonly started?: string } {
  const pid = running.pidOf(console.name);
  if (key === "?") {
    if (pid === undefined) return { text: `list]\r\n${taskList(console)}` };
    const typed = `${controlName(escape.first)}${controlName(escape.second)}!.`;
    return { text: `running - pid ${pid} - use \`${typed}' to terminate]\r\n` };
  }
  if (key === ".") return { text: running.stop(console.name) ? "terminate]\r\n" : "aborted]\r\n" };
  const task = console.tasks.get(key);
  if (task === undefined || !writes) return { text: "aborted]\r\n" };
  if (pid !== undefined) return { text: "aborted - task running]\r\n" };
  try {
    running.start(console.name, task, {
      output: tellAll,
      ended: (how) => {
        tellAll(`[task terminated: ${how}]\r\n`);
      },
    });
  } catch (reason) {
    return { text: `aborted - ${ConfedError.from(reason).rawMessage}]\r\n` };
  }
  return { text: `\`${key}' started]\r\n`, started: task.announced };
}
