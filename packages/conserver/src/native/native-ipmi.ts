import { ipmiConsole } from "./ipmi-console.ts";
import type { Bmc } from "./ipmitool-console.ts";
import type { NativeEntry, NativeFile } from "./native-file.ts";

/** The BMC of a node, or why it is not known. */
export type BmcOf = (node: string) => Bmc | string;

/**
 * Consoles that start ipmitool, by themselves or by xCAT's `cons/ipmi`, speak IPMI in the agent instead. What
 * became of each is a remark on it, and how many there are, one on all.
 */
export function withNativeIpmi(native: NativeFile, bmcOf: BmcOf): NativeFile {
  const entries = native.entries.map((entry) => mapped(entry, bmcOf));
  const names = entries.flatMap(({ console }) => (console?.transport === "ipmi" ? [console.name] : []));
  const still = entries.flatMap(({ console }) =>
    console?.transport === "exec" && startsIpmitool(console.argv) ? [console.name] : [],
  );
  const remarks = [
    ...(names.length === 0 ? [] : [`native ipmi, without a process: ${shown(names)}`]),
    ...(still.length === 0 ? [] : [`still ipmitool, a process each: ${shown(still)}`]),
  ];
  return { ...native, entries, remarks: [...native.remarks, ...remarks] };
}

function mapped(entry: NativeEntry, bmcOf: BmcOf): NativeEntry {
  const { name, console, remarks } = entry;
  if (console?.transport !== "exec") return entry;
  const bmc = bmcOfCommand(console.argv, bmcOf);
  if (bmc === undefined) return entry;
  if (typeof bmc === "string") return { ...entry, remarks: [...remarks, `stays with ipmitool: ${bmc}`] };
  const native = ipmiConsole(name, bmc);
  if (native.console.transport !== "ipmi") {
    // Of conserver's own type it was said before.
    return { ...entry, remarks: [...new Set([...remarks, ...native.remarks.slice(0, 1)])] };
  }
  const { onDemand, initCommand, idleInput, log, groups, labels } = console;
  return {
    name,
    console: {
      ...native.console,
      ...(onDemand === undefined ? {} : { onDemand }),
      ...(initCommand === undefined ? {} : { initCommand }),
      ...(idleInput === undefined ? {} : { idleInput }),
      ...(log === undefined ? {} : { log }),
      ...(groups === undefined ? {} : { groups }),
      ...(labels === undefined ? {} : { labels }),
    },
    remarks: [...remarks, ...native.remarks],
  };
}

function startsIpmitool(argv: readonly string[]): boolean {
  return bmcOfCommand(argv, () => "") !== undefined;
}

/** Undefined for a command that is none of ipmitool's Serial over LAN. */
function bmcOfCommand(argv: readonly string[], bmcOf: BmcOf): Bmc | string | undefined {
  const words = wordsOf(argv);
  const [program = "", node, ...more] = words;
  if (program.endsWith("/cons/ipmi") && node !== undefined && more.length === 0) return bmcOf(node);
  return program === "ipmitool" || program.endsWith("/ipmitool") ? fromIpmitool(words.slice(1)) : undefined;
}

/** A shell that was only needed to find the program. */
function wordsOf(argv: readonly string[]): readonly string[] {
  const [shell, option, command = ""] = argv;
  if (shell !== "/bin/sh" || option !== "-ce" || argv.length !== 3) return argv;
  const words = command
    .trim()
    .replace(/^exec[ \t]+/, "")
    .split(/[ \t]+/);
  return words.every((word) => PLAIN.test(word)) ? words : argv;
}

const PLAIN = /^[A-Za-z0-9_./:=@%+,-]+$/;

/** ipmitool(1): options in front, then `sol activate`. */
function fromIpmitool(words: readonly string[]): Bmc | string | undefined {
  const options = new Map<string, string>();
  const workarounds: string[] = [];
  let at = 0;
  for (; words[at]?.startsWith("-") === true; at += 1) {
    const [, letter = "", attached = ""] = /^-([A-Za-z])(.*)$/.exec(words[at] ?? "") ?? [];
    if (letter === "E" || letter === "v") {
      options.set(letter, "");
      continue;
    }
    if (!"IHpUPfkKyCLoezRN".includes(letter) || letter === "")
      return `its option ${words[at]} is not known here`;
    const value = attached === "" ? (words[(at += 1)] ?? "") : attached;
    if (letter === "o") workarounds.push(value);
    else options.set(letter, value);
  }
  if (words[at] !== "sol" || words[at + 1] !== "activate") return undefined;
  workarounds.push(...words.slice(at + 2).filter((word) => word === "usesolkeepalive"));
  const host = options.get("H");
  if (host === undefined) return "it names no BMC (-H)";
  if (options.get("I") !== "lanplus") return "IPMI 1.5 has no Serial over LAN (-I lanplus)";
  const [port, suite, file] = [options.get("p"), options.get("C"), options.get("f")];
  return {
    host,
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(options.has("U") ? { user: options.get("U") } : {}),
    hasPassword: true,
    ...(file === undefined ? {} : { passwordFile: file }),
    hasKg: ["k", "K", "y"].some((key) => options.has(key)),
    ...(suite === undefined ? {} : { cipherSuite: Number(suite) }),
    ...(options.has("L") ? { privilege: options.get("L") } : {}),
    workarounds,
  };
}

function shown(names: readonly string[]): string {
  const most = 20;
  const more = names.length - most;
  return names.slice(0, most).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
