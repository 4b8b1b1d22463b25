import { formatFault } from "@confed/config";
import { neutralise } from "@confed/kernel";
import type { BlockKind, Item } from "./block-reader.ts";
import type { ConserverFile } from "./conserver-file.ts";
import { isTyped } from "./idle-text.ts";
import { splitList } from "./split-list.ts";
import type { FilePlace } from "./word-reader.ts";

/** What becomes of something that a conserver.cf says. */
export interface ReportLine {
  readonly at: FilePlace;
  /** The block. */
  readonly subject: string;
  /** The key with its value, or a part of it. Passwords are not shown. */
  readonly what: string;
  /**
   * `accepted`: does here what it does in conserver; `mapped`: something of ours does it, `why` says what;
   * `unsupported`: nothing does it, `why` says why; `refused`: conserver would not take it either.
   */
  readonly outcome: "accepted" | "mapped" | "unsupported" | "refused";
  readonly why?: string | undefined;
}

/** What became of every item of a file and of every fault, in the order of reading. */
export function reportOf({ blocks, faults }: ConserverFile): readonly ReportLine[] {
  const refused = new Set(faults.map(({ file, line, col }) => `${file}:${line}:${col}`));
  const lines = blocks.flatMap(({ kind, name, items, whole }) =>
    whole
      ? items
          .filter(({ at }) => !refused.has(`${at.file}:${at.line}:${at.col}`))
          .flatMap((item) => itemLines(kind, `${kind} ${neutralise(name, 140)}`, item))
      : [],
  );
  const wrong = faults.map(({ file, line, col, subject = "", message, hint }): ReportLine => {
    return { at: { file, line, col }, subject, what: message, outcome: "refused", why: hint };
  });
  return [...lines, ...wrong].sort((a, b) =>
    a.at.file === b.at.file ? a.at.line - b.at.line || a.at.col - b.at.col : 0,
  );
}

/** One line for a terminal: `file:line:col: subject: outcome: what (why)`. */
export function formatReportLine({ at, subject, what, outcome, why }: ReportLine): string {
  return formatFault({ ...at, subject, message: `${outcome}: ${what}`, hint: why });
}

function itemLines(kind: BlockKind, subject: string, { key, value, at }: Item): readonly ReportLine[] {
  if (key === "options") {
    return splitList(value.toLowerCase()).map((option) => {
      const [outcome, why] = OPTIONS[option] ?? OPTIONS[option.replace("!", "")] ?? ACCEPTED;
      return { at, subject, what: `options ${option}`, outcome, why };
    });
  }
  const [outcome, why] =
    key === "idlestring" && !isTyped(value) ? UNTYPED : (OUTCOMES[kind][key] ?? ACCEPTED);
  const shown = key === "password" || key === "ipmikg" ? "..." : neutralise(value, 80);
  return [{ at, subject, what: `${key} ${shown}`, outcome, why }];
}

type Outcome = readonly [ReportLine["outcome"], why?: string];

const ACCEPTED: Outcome = ["accepted"];
const UNTYPED: Outcome = [
  "unsupported",
  "its serial breaks, and bytes that are no text, are left out: only texts are typed",
];
const PROCESSES = "one process serves all consoles; what spreads them is shards";

const OF_CONSOLES: Readonly<Record<string, Outcome>> = {
  exec: ["mapped", "a command of plain words is started without a shell"],
  execrunas: ["mapped", "user and group of the console"],
  initcmd: ["mapped", "initCommand of the console; a command of plain words is started without a shell"],
  initrunas: ["mapped", "user and group of the initCommand"],
  initspinmax: ["mapped", "waiting between attempts grows instead"],
  initspintimer: ["mapped", "waiting between attempts grows instead"],
  idletimeout: ["mapped", "idleInput of the console, at most a day"],
  idlestring: ["mapped", "idleInput of the console"],
  ipmiworkaround: ["mapped", "given to ipmitool with -o; with --native-ipmi, to quirks of these names"],
  logfile: ["mapped", "logs.path, or log.path of the console; without one a console is logged as well"],
  logfilemax: ["mapped", "logs.rotate, one for all consoles"],
  password: ["mapped", "moves to a file that only the agent reads"],
  timestamp: ["mapped", "lines are stamped with format: stamped; who came and what was sent is in the index"],
};

const OUTCOMES: Readonly<Record<BlockKind, Readonly<Record<string, Outcome>>>> = {
  config: {
    daemonmode: ["unsupported", "the service manager keeps it in the background"],
    initdelay: ["mapped", "how many consoles connect at a time is capped instead"],
    logfile: ["unsupported", "the application log goes to the journal"],
    reinitcheck: [
      "mapped",
      "bringUpAfter of the consoles, at most a day: one that was taken down comes up so long after it; others are tried again by themselves",
    ],
    secondaryport: ["unsupported", `one port is enough: ${PROCESSES}`],
    setproctitle: ["unsupported", PROCESSES],
    unifiedlog: ["unsupported", "rcons tail reads many consoles at a time"],
  },
  access: {},
  group: {},
  default: OF_CONSOLES,
  console: OF_CONSOLES,
  break: {},
  task: {},
};

const OPTIONS: Readonly<Record<string, Outcome>> = {
  "!autoreinit": [
    "unsupported",
    "a console that is down is always tried again, unless it is taken down (^Ecd)",
  ],
  "!login": [
    "unsupported",
    "the console is left out, and its log with it: keep it without ro and rw instead",
  ],
  autoreinit: ACCEPTED,
  login: ACCEPTED,
  "!striphigh": ACCEPTED,
  "!unloved": ACCEPTED,
  "!ixany": ACCEPTED,
  hupcl: ["unsupported", "the driver's own setting stays"],
  ixany: ["unsupported", "only what stopped the output may start it"],
  ixon: ["mapped", "serial lines: flowControl: xonxoff; a pty has it anyway"],
  ixoff: ["mapped", "serial lines: flowControl: xonxoff"],
  crtscts: ["mapped", "flowControl: rtscts"],
  cstopb: ["mapped", "stopBits: 2"],
  striphigh: ["unsupported", "bytes are passed as they are; who wants seven bits uses console -7"],
  reinitoncc: ["mapped", "whoever attaches makes a console that is down try at once"],
  "!reinitoncc": ["unsupported", "whoever attaches makes a console that is down try at once"],
  unloved: ["unsupported", "rcons tail shows what nobody watches"],
};
