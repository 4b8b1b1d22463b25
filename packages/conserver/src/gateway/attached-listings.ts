import { ctimeText, examineLine, groupLine, hostsLine, infoLine, type ListedConsole } from "@confed/codecs";
import type { BreakDefinition } from "../file/break-sequence.ts";
import type { ResolvedConsole } from "./console-host.ts";

type Here = Extract<ResolvedConsole, { type: "here" }>;

/** Whoever asks from inside a console. */
export interface Asker {
  readonly acid: string;
  readonly port: number;
  readonly console: string;
}

/** What the escapes for lists answer, after the `[`. */
export function escapeListing(
  action: "hosts" | "group" | "who" | "examine" | "info",
  consoles: readonly ListedConsole[],
  { acid, port, console: own }: Asker,
): string {
  const users = (of: readonly ListedConsole[]) => of.flatMap((console) => console.users);
  switch (action) {
    case "hosts":
      return `hosts]\r\n${consoles.map((console) => hostsLine(console, own)).join("")}`;
    case "group":
      return `group ctl_${port}]\r\n${users(consoles)
        .map((user) => groupLine(user, user.acid === acid, user.console))
        .join("")}`;
    case "who":
      return `who ${own}]\r\n${users(consoles.filter(({ name }) => name === own))
        .map((user) => groupLine(user, user.acid === acid, ctimeText(user.attachedMs)))
        .join("")}`;
    case "examine":
      return `examine]\r\n${consoles.map(examineLine).join("")}`;
    case "info":
      return `info]\r\n${consoles.map(infoLine).join("")}`;
  }
}

/** The breaks that may be sent to a console, one a line; `0` is its own. */
export function breakList(console: Here, breaks: ReadonlyMap<string, BreakDefinition>): string {
  return ["0", ...[...breaks.keys()].sort()]
    .flatMap((key) => {
      const wanted = key === "0" ? console.breakKey : key;
      const definition = breaks.get(wanted);
      if (definition === undefined || !mayBreak(console, wanted)) return [];
      return [` ${key} - ${String(definition.delayMs).padStart(3)}ms, \`${definition.string}'\r\n`];
    })
    .join("");
}

/** The tasks that may be started with a console, one a line. */
export function taskList({ tasks }: Here): string {
  return [...tasks.keys()]
    .sort()
    .map((key) => ` ${key} - \`${tasks.get(key)?.title ?? ""}'\r\n`)
    .join("");
}

/** The break of that key may be sent to it. */
export function mayBreak({ breaks }: Here, key: string): boolean {
  return breaks === "all" || breaks.has(key);
}
