import { BAUD_RATES, type BaudRate } from "./baud-rates.ts";
import { splitList } from "./split-list.ts";
import { parseSubstitutions, type Substitution } from "./substitution.ts";
import { parseTimestamp, type Timestamp } from "./timestamp.ts";
import { addUsers, mergeUsers, type UserList } from "./user-list.ts";

/** What a `default` or a `console` block has said so far. What is undefined was not said, or unset by "". */
export interface ConsoleFields {
  readonly type?: ConsoleType | undefined;
  readonly master?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly portbase?: number | undefined;
  readonly portinc?: number | undefined;
  readonly protocol?: "telnet" | "raw" | undefined;
  readonly device?: string | undefined;
  readonly baud?: BaudRate | undefined;
  readonly parity?: Parity | undefined;
  readonly exec?: string | undefined;
  readonly execrunas?: string | undefined;
  readonly uds?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly ipmiciphersuite?: number | undefined;
  readonly ipmikg?: string | undefined;
  readonly ipmiprivlevel?: IpmiPrivilege | undefined;
  readonly ipmiworkaround?: readonly string[] | undefined;
  readonly devicesubst?: readonly Substitution[] | undefined;
  readonly execsubst?: readonly Substitution[] | undefined;
  readonly udssubst?: readonly Substitution[] | undefined;
  readonly initsubst?: readonly Substitution[] | undefined;
  readonly replstring?: string | undefined;
  readonly logfile?: string | undefined;
  readonly logfilemaxBytes?: number | undefined;
  readonly timestamp?: Timestamp | undefined;
  readonly initcmd?: string | undefined;
  readonly initrunas?: string | undefined;
  readonly initspinmax?: number | undefined;
  readonly initspintimerS?: number | undefined;
  readonly idletimeoutS?: number | undefined;
  readonly idlestring?: string | undefined;
  readonly motd?: string | undefined;
  readonly break?: string | undefined;
  /** Keys, `*` for all; without it, all. */
  readonly breaklist?: readonly string[] | undefined;
  readonly tasklist?: readonly string[] | undefined;
  readonly ro?: UserList | undefined;
  readonly rw?: UserList | undefined;
  readonly options?: Readonly<Partial<Record<ConsoleOption, boolean>>> | undefined;
}

export const CONSOLE_TYPES = ["device", "exec", "host", "noop", "uds", "ipmi"] as const;
export type ConsoleType = (typeof CONSOLE_TYPES)[number];

const PARITIES = ["even", "mark", "none", "odd", "space"] as const;
type Parity = (typeof PARITIES)[number];

const IPMI_PRIVILEGES = ["user", "operator", "admin"] as const;
type IpmiPrivilege = (typeof IPMI_PRIVILEGES)[number];

const CONSOLE_OPTIONS = [
  "ixon",
  "ixany",
  "ixoff",
  "crtscts",
  "cstopb",
  "hupcl",
  "ondemand",
  "striphigh",
  "reinitoncc",
  "autoreinit",
  "unloved",
  "login",
] as const;
export type ConsoleOption = (typeof CONSOLE_OPTIONS)[number];

/** What keys need besides their value. */
export interface FieldContext {
  readonly groups: ReadonlyMap<string, UserList>;
  readonly servicePort: (name: string) => number | undefined;
  /** Tell what is wrong with the value: completes "KEY ...". What is right about it may still count. */
  readonly refuse: (message: string) => ConsoleFields;
}

/** What a key makes of a value: the fields to take over. */
type FieldReader = (value: string, context: FieldContext, fields: ConsoleFields) => ConsoleFields;

/** Every key of a `default` block; `include` excepted, which needs the other blocks. */
export const CONSOLE_KEYS: Readonly<Record<string, FieldReader>> = {
  type: (value, context) => oneOf(CONSOLE_TYPES, "type", value.toLowerCase(), context),
  master: (value) => ({ master: textOf(value) }),
  host: (value) => ({ host: textOf(value) }),
  port: (value, { servicePort, refuse }) => {
    if (value === "") return { port: undefined };
    const port = numberOf(value) ?? servicePort(value);
    return port === undefined
      ? refuse("is neither a number nor a service of this host")
      : { port: port & 0xffff };
  },
  // -1 makes ports that count from 1 out of those that count from 0.
  portbase: (value, context) => (value === "-1" ? { portbase: -1 } : number("portbase", value, context)),
  portinc: (value, context) => number("portinc", value, context),
  protocol: (value, context) => oneOf(["telnet", "raw"] as const, "protocol", value, context),
  device: (value) => ({ device: textOf(value) }),
  // A wrong rate or parity unsets the one of a default; other wrong values leave it.
  baud: (value, context) => ({ baud: undefined, ...oneOf(BAUD_RATES, "baud", value, context) }),
  parity: (value, context) => ({
    parity: undefined,
    ...oneOf(PARITIES, "parity", value.toLowerCase(), context),
  }),
  exec: (value) => ({ exec: textOf(value) }),
  execrunas: (value) => ({ execrunas: textOf(value) }),
  uds: (value) => ({ uds: textOf(value) }),
  username: (value) => ({ username: textOf(value) }),
  password: (value) => ({ password: textOf(value) }),
  ipmiciphersuite: (value, context) => number("ipmiciphersuite", value, context, 17),
  ipmikg: (value) => ({ ipmikg: textOf(value) }),
  ipmiprivlevel: (value, context) => oneOf(IPMI_PRIVILEGES, "ipmiprivlevel", value.toLowerCase(), context),
  ipmiworkaround: (value) => ({ ipmiworkaround: value === "" ? undefined : splitList(value) }),
  devicesubst: (value, context) => substitutions("devicesubst", value, context),
  execsubst: (value, context) => substitutions("execsubst", value, context),
  udssubst: (value, context) => substitutions("udssubst", value, context),
  initsubst: (value, context) => substitutions("initsubst", value, context),
  replstring: (value) => ({ replstring: textOf(value) }),
  logfile: (value) => ({ logfile: textOf(value) }),
  logfilemax: (value, { refuse }) => {
    const [, digits, unit = ""] = /^(\d{0,12})([km]?)$/i.exec(value) ?? [];
    if (digits === undefined) return refuse("is not a size: a number, with k or m behind it");
    const bytes = Number(digits) * (SIZE_UNITS[unit.toLowerCase()] ?? 1);
    if (bytes === 0) return { logfilemaxBytes: undefined };
    return bytes < 2048 ? refuse("must be at least 2048 bytes") : { logfilemaxBytes: bytes };
  },
  timestamp: (value, { refuse }) => {
    const timestamp = parseTimestamp(value);
    return typeof timestamp === "string" ? refuse(timestamp) : { timestamp };
  },
  initcmd: (value) => ({ initcmd: textOf(value) }),
  initrunas: (value) => ({ initrunas: textOf(value) }),
  initspinmax: (value, context) => number("initspinmax", value, context, 254),
  initspintimer: (value, context) => number("initspintimerS", value, context, 254),
  idletimeout: (value, { refuse }) => {
    const [, digits, unit = ""] = /^(\d{0,9})([smh]?)$/i.exec(value) ?? [];
    if (digits === undefined) return refuse("is not a time: a number, with s, m or h behind it");
    return { idletimeoutS: Number(digits) * (TIME_UNITS_S[unit.toLowerCase()] ?? 1) || undefined };
  },
  idlestring: (value) => ({ idlestring: textOf(value) }),
  motd: (value) => ({ motd: textOf(value) }),
  break: (value, { refuse }) => {
    if (value === "") return { break: undefined };
    return /^[1-9a-z]$/.test(value) ? { break: value } : refuse("must be one of 1-9 and a-z");
  },
  breaklist: (value, { refuse }) => ({ breaklist: listOf(value, /^[1-9a-z]$|^\*$/, refuse) }),
  tasklist: (value, { refuse }) => ({ tasklist: listOf(value, /^[0-9a-z]$|^\*$/, refuse) }),
  ro: (value, { groups }, { ro = [] }) => ({ ro: addUsers(ro, value, groups) }),
  rw: (value, { groups }, { rw = [] }) => ({ rw: addUsers(rw, value, groups) }),
  options: (value, { refuse }, { options }) => {
    if (value === "") return { options: undefined };
    const words = listOf(value.toLowerCase(), OPTION, refuse);
    const said = words.map((word) => [word.replace("!", ""), !word.startsWith("!")] as const);
    return { options: { ...options, ...Object.fromEntries(said) } };
  },
};

const OPTION = new RegExp(`^!?(?:${CONSOLE_OPTIONS.join("|")})$`);
const SIZE_UNITS: Readonly<Record<string, number>> = { k: 1_024, m: 1_024 * 1_024 };
const TIME_UNITS_S: Readonly<Record<string, number>> = { m: 60, h: 3_600 };

/** `fields` with all that `more` says; lists of users grow, the rest is replaced. */
export function applyFields(fields: ConsoleFields, more: ConsoleFields): ConsoleFields {
  const said = Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined));
  return {
    ...fields,
    ...said,
    timestamp: merged(fields.timestamp, more.timestamp),
    options: merged(fields.options, more.options),
    ro: mergeUsers(fields.ro ?? [], more.ro ?? []),
    rw: mergeUsers(fields.rw ?? [], more.rw ?? []),
  };
}

/** Part by part: a mark of one block stays when another only asks for activity. */
function merged<T extends object>(before: T | undefined, more: T | undefined): T | undefined {
  return before === undefined ? more : { ...before, ...more };
}

function textOf(value: string): string | undefined {
  return value === "" ? undefined : value;
}

function numberOf(value: string): number | undefined {
  return /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

function number(
  field: keyof ConsoleFields,
  value: string,
  { refuse }: FieldContext,
  most = 65_535,
): ConsoleFields {
  if (value === "") return { [field]: undefined };
  const said = numberOf(value);
  return said === undefined || said > most ? refuse(`must be a number from 0 to ${most}`) : { [field]: said };
}

function oneOf<T extends string>(
  words: readonly T[],
  field: keyof ConsoleFields,
  value: string,
  { refuse }: FieldContext,
): ConsoleFields {
  if (value === "") return { [field]: undefined };
  const word = words.find((each) => each === value);
  return word === undefined
    ? refuse(`must be one of ${words.join(", ")}, not "${value}"`)
    : { [field]: word };
}

function substitutions(field: keyof ConsoleFields, value: string, { refuse }: FieldContext): ConsoleFields {
  const parsed = parseSubstitutions(value);
  return typeof parsed === "string" ? refuse(parsed) : { [field]: parsed.length === 0 ? undefined : parsed };
}

/** The items that have the form; the others are told, each. */
function listOf(value: string, form: RegExp, refuse: FieldContext["refuse"]): readonly string[] {
  return splitList(value).filter((item) => {
    if (form.test(item)) return true;
    refuse(`has "${item}", which is none`);
    return false;
  });
}
