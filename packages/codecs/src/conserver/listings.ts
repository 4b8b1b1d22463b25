/** A console as conserver's listings show it. */
export interface ListedConsole {
  readonly name: string;
  readonly aliases: readonly string[];
  /** The host that has it, and the process and port that serve it there. */
  readonly host: string;
  readonly pid: number;
  readonly port: number;
  readonly way: ListedWay;
  readonly state: "up" | "down" | "init";
  readonly readOnly: boolean;
  readonly log: ListedLog;
  /** The key of its own break. */
  readonly breakKey: string;
  readonly options: readonly string[];
  readonly initcmd: string;
  readonly idletimeoutS: number;
  readonly idlestring: string;
  readonly users: readonly ListedUser[];
}

/** How a console is reached; processes and descriptors are nobody's business, and shown as 0 and -1. */
export type ListedWay =
  | { readonly type: "exec"; readonly command: string }
  | {
      readonly type: "host";
      readonly host: string;
      readonly port: number;
      readonly protocol: "telnet" | "raw";
    }
  /** `parity` is its first letter. */
  | { readonly type: "device"; readonly device: string; readonly baud: number; readonly parity: string }
  | { readonly type: "uds"; readonly path: string }
  | { readonly type: "ipmi"; readonly host: string }
  | { readonly type: "noop" };

export interface ListedLog {
  /** "" is none. */
  readonly path: string;
  readonly on: boolean;
  readonly activity: boolean;
  readonly breaks: boolean;
  readonly tasks: boolean;
  /** Seconds between marks, or lines as a negative number. */
  readonly mark: number;
}

/** Somebody who is attached. */
export interface ListedUser {
  /** `user@host`. */
  readonly acid: string;
  readonly console: string;
  readonly mode: "write" | "view" | "suspended";
  readonly mayWrite: boolean;
  readonly idleS: number;
  readonly attachedMs: number;
}

/** `-u`: one line a console; `mine` is the console of whoever asks. */
export function hostsLine({ name, state, users }: ListedConsole, mine: string | undefined): string {
  const writer = users.find(({ mode }) => mode === "write");
  const who = writer?.acid ?? (users.length === 0 ? "<none>" : "<spies>");
  return ` ${cell(name, 24)} ${name === mine ? "*" : " "} ${cell(state, 4)} ${who.slice(0, 40)}\r\n`;
}

/** `-w`: one line a user; `last` is the console, or the time of attaching. */
export function groupLine({ acid, mode, idleS }: ListedUser, mine: boolean, last: string): string {
  const word = { write: "attach", view: "spy", suspended: "stopped" }[mode];
  return ` ${cell(acid, 32)} ${mine ? "*" : " "} ${cell(word, 7)} ${idleText(idleS)} ${last}\r\n`;
}

/** `-x`: one line a console. */
export function examineLine({ name, host, way }: ListedConsole): string {
  const [where, kind, letter] = examined(way, host);
  return ` ${cell(name, 24)} on ${cell(where, 32)} at ${kind.slice(0, 7).padStart(7)}${letter}\r\n`;
}

/** `-i`: fifteen fields between colons. Fields may have colons themselves: conserver has it so. */
export function infoLine(console: ListedConsole): string {
  const { name, host, pid, port, way, state, readOnly, log, aliases, options } = console;
  const logged = [
    log.path,
    log.on ? "log" : "nolog",
    log.activity ? "act" : "noact",
    log.breaks ? "brk" : "nobrk",
    log.tasks ? "task" : "notask",
    log.mark,
    -1,
  ];
  const fields = [
    name,
    [host, pid, port].join(","),
    SIGNS[way.type],
    detailsOf(way),
    console.users.map(userField).join(","),
    state,
    readOnly ? "ro" : "rw",
    logged.join(","),
    console.breakKey,
    state === "up" ? "noautoup" : "autoup",
    aliases.join(","),
    options.join(","),
    console.initcmd,
    console.idletimeoutS,
    console.idlestring,
  ];
  return `${fields.join(":")}\r\n`;
}

/** ctime(3) without its new line, in the host's own time zone. */
export function ctimeText(timeMs: number): string {
  const time = new Date(timeMs);
  const two = (value: number) => String(value).padStart(2, "0");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  const day = String(time.getDate()).padStart(2);
  return `${DAYS[time.getDay()] ?? ""} ${MONTHS[time.getMonth()] ?? ""} ${day} ${clock} ${time.getFullYear()}`;
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const SIGNS = { exec: "|", host: "!", device: "/", uds: "%", ipmi: "@", noop: "#" } as const;

function detailsOf(way: ListedWay): string {
  switch (way.type) {
    case "exec":
      return `${way.command},0,,-1`;
    case "host":
      return `${way.host},${way.port},${way.protocol},-1`;
    case "device":
      return `${way.device},${way.baud}${way.parity},-1`;
    case "uds":
      return `${way.path},-1`;
    case "ipmi":
      return `${way.host},-1`;
    case "noop":
      return "";
  }
}

function examined(way: ListedWay, host: string): readonly [where: string, kind: string, letter: string] {
  switch (way.type) {
    case "exec":
      return ["", "Local", " "];
    case "host":
      return [`${way.host}/${way.port}`, "Netwk", " "];
    case "device":
      return [`${way.device}@${host}`, String(way.baud), way.parity];
    case "uds":
      return [way.path, "UDS", " "];
    case "ipmi":
      return [way.host, "IPMI", " "];
    case "noop":
      return ["NOOP", "NOOP", " "];
  }
}

function userField({ acid, mode, mayWrite, idleS }: ListedUser): string {
  if (mode === "write") return `w@${acid}@${idleS}`;
  return `${mode === "view" ? "r" : "s"}@${acid}@${idleS}@${mayWrite ? "rw" : "ro"}`;
}

/** Six characters: minutes to the hour, hours to the day, then days. */
function idleText(idleS: number): string {
  const days = Math.floor(idleS / 86_400);
  if (days === 1) return " 1 day";
  if (days > 1) return `${days}days`.padStart(6);
  const minutes = Math.floor(idleS / 60);
  return ` ${String(Math.floor(minutes / 60)).padStart(2)}:${String(minutes % 60).padStart(2, "0")}`;
}

function cell(text: string, width: number): string {
  return text.slice(0, width).padEnd(width);
}
