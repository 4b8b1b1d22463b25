import { join } from "node:path";
import { invariant } from "@confed/kernel";

/** The log file of a console by `logs.path` or a path of its own: every `&` of the template is its name. */
export function pathOfLog(template: string, name: string): string {
  invariant(!name.includes("/") && !name.includes(".."), "names of consoles are checked at every door");
  return template.replaceAll("&", () => name);
}

/** The index of a console. Not beside its log: a logrotate glob must not reach it. */
export function indexPathOf(stateDir: string, name: string): string {
  invariant(!name.includes("/") && !name.includes(".."), "names of consoles are checked at every door");
  return join(stateDir, "index", `${name}.index`);
}
