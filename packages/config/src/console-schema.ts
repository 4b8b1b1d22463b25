import { z } from "zod";
import {
  FLOW_CONTROLS,
  type IdleInputSpec,
  IPMI_PRIVILEGES,
  IPMI_QUIRKS,
  IPMI_QUIRKS_ALWAYS,
  IPMI_SUITES,
  type IpmiQuirk,
  type IpmiSuite,
  PARITIES,
  type RetrySpec,
} from "./console-spec.ts";
import {
  absolutePath,
  durationMs,
  filePath,
  host,
  line,
  name,
  port,
  refuse,
  secretRef,
  text,
  wholeNumber,
  word,
} from "./scalar-schema.ts";

/** Waiting between attempts, unless a console says otherwise. */
export const RETRY: RetrySpec = Object.freeze({ firstMs: 1_000, maxMs: 60_000 });

const retry = z
  .strictObject({ first: durationMs.optional(), max: durationMs.optional() })
  .transform(({ first, max }, context): RetrySpec => {
    const firstMs = first ?? Math.min(RETRY.firstMs, max ?? RETRY.firstMs);
    const maxMs = max ?? Math.max(RETRY.maxMs, firstMs);
    if (firstMs > maxMs) refuse(context.issues, first, "must not be longer than max", { path: ["first"] });
    return { firstMs, maxMs };
  });

/** For programs: anything but NUL, which ends a string there. */
const argument = text("text without NUL", (value) => !value.includes("\0"));

/** What a program is said with. */
const program = {
  argv: z.array(argument).check(({ value, issues }) => {
    if (value[0] === undefined || value[0] === "")
      refuse(issues, value, "must begin with a program", { hint: "argv: [program, argument, ...]" });
  }),
  env: z
    .record(
      text("the name of a variable", (key) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(key)),
      argument,
    )
    .default({}),
  user: line.optional(),
  group: line.optional(),
  cwd: absolutePath.optional(),
};

const typedTexts = z.unknown().transform((value, context): readonly string[] => {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  const said = texts.filter((each): each is string => typeof each === "string" && each !== "");
  if (said.length > 0 && said.length === texts.length) return said;
  refuse(context.issues, value, "must be what is typed, or a list of that", { hint: 'send: "\\n"' });
  return z.NEVER;
});

const idleInput = z
  .strictObject({ after: durationMs, send: typedTexts.optional() })
  .transform(({ after, send = ["\n"] }, context): IdleInputSpec => {
    if (after < 1_000) refuse(context.issues, after, "must be a second at least", { path: ["after"] });
    return { afterMs: after, send };
  });

const common = {
  name: name("console"),
  labels: z.record(word, line).default({}),
  groups: z.array(word).default([]),
  onDemand: z.boolean().default(false),
  description: line.optional(),
  connectTimeout: durationMs.optional(),
  retry: retry.default(RETRY),
  bringUpAfter: durationMs.optional(),
  idleInput: idleInput.optional(),
  initCommand: z.strictObject(program).optional(),
  log: z.strictObject({ path: filePath }).optional(),
};

const terminalType = text("a terminal type", (value) =>
  /^[A-Za-z0-9][A-Za-z0-9._+-]{0,39}$/.test(value),
).optional();
const parity = z.enum(PARITIES);
const baud = wholeNumber(50, 4_000_000);
const dataBits = z.literal([5, 6, 7, 8]);
const stopBits = z.literal([1, 1.5, 2]);
const tcp = z.strictObject({ ...common, transport: z.literal("tcp"), host, port });

const telnet = z.strictObject({
  ...common,
  transport: z.literal("telnet"),
  host,
  port: port.default(23),
  terminalType,
  binary: z.boolean().optional(),
  comPort: z
    .strictObject({
      baud: baud.optional(),
      dataBits: dataBits.optional(),
      parity: parity.optional(),
      stopBits: stopBits.optional(),
    })
    .optional(),
});

// unix(7): sun_path has 108 bytes, its NUL included.
const socketPath = absolutePath.check(({ value, issues }) => {
  if (Buffer.byteLength(value) > 107) refuse(issues, value, "must be a socket path, at most 107 bytes");
});

const unix = z.strictObject({ ...common, transport: z.literal("unix"), path: socketPath });

const exec = z.strictObject({
  ...common,
  transport: z.literal("exec"),
  ...program,
});

const serial = z.strictObject({
  ...common,
  transport: z.literal("serial"),
  device: absolutePath,
  baud: baud.default(115_200),
  dataBits: dataBits.default(8),
  parity: parity.default("none"),
  stopBits: stopBits.default(1),
  flowControl: z.enum(FLOW_CONTROLS).default("none"),
});

const sshAgent = z.unknown().transform((value, context): true | string => {
  if (value === true) return true;
  const path = absolutePath.safeParse(value);
  if (path.success) return path.data;
  refuse(context.issues, value, "must be true or the absolute path of a socket");
  return z.NEVER;
});

const ssh = z
  .strictObject({
    ...common,
    transport: z.literal("ssh"),
    host,
    port: port.default(22),
    user: line,
    password: secretRef.optional(),
    key: z.strictObject({ file: absolutePath }).optional(),
    passphrase: secretRef.optional(),
    agent: sshAgent.optional(),
    knownHosts: absolutePath.optional(),
    trustOnFirstUse: z.boolean().default(false),
    legacyAlgorithms: z.boolean().default(false),
    command: argument.optional(),
    subsystem: line.optional(),
    terminalType,
    keepalive: durationMs.optional(),
  })
  .check(({ value, issues }) => {
    const { password, key, passphrase, agent, command, subsystem } = value;
    if (password === undefined && key === undefined && agent === undefined) {
      refuse(issues, value, "ssh has no way to log in", {
        whole: true,
        hint: "give a password, a key or an agent",
      });
    }
    if (passphrase !== undefined && key === undefined) {
      refuse(issues, passphrase, "needs a key", { path: ["passphrase"] });
    }
    if (command !== undefined && subsystem !== undefined) {
      refuse(issues, subsystem, "excludes command", { path: ["subsystem"], hint: "keep one of them" });
    }
  });

/** IPMI 2.0, 22.28: 16 bytes. */
const ipmiUser = text(
  "a user name of at most 16 bytes without NUL",
  (value) => value !== "" && Buffer.byteLength(value) <= 16 && !value.includes("\0"),
);

const ipmiSuite = z.unknown().transform((value, context): IpmiSuite | undefined => {
  if (value === "auto") return undefined;
  const suite = IPMI_SUITES.find((id) => id === value);
  if (suite !== undefined) return suite;
  refuse(context.issues, value, `must be auto or one of ${IPMI_SUITES.join(", ")}`);
  return z.NEVER;
});

/** A rack of them may boot at once, and each is a small processor: they are given time. */
const IPMI_RETRY: RetrySpec = Object.freeze({ firstMs: 5_000, maxMs: 300_000 });

const ipmi = z.strictObject({
  ...common,
  transport: z.literal("ipmi"),
  host,
  port: port.default(623),
  user: ipmiUser,
  password: secretRef,
  bmcKey: secretRef.optional(),
  privilege: z.enum(IPMI_PRIVILEGES).optional(),
  suite: ipmiSuite.optional(),
  quirks: z
    .array(z.enum([...IPMI_QUIRKS, ...IPMI_QUIRKS_ALWAYS]))
    .default([])
    .transform((names) => names.filter((name): name is IpmiQuirk => IPMI_QUIRKS.some((own) => own === name))),
  retry: retry.default(IPMI_RETRY),
});

const SCHEMAS = { tcp, telnet, unix, exec, serial, ssh, ipmi } as const;

/** One entry of a console table as it is written, durations already in milliseconds. */
export const consoleEntry = z.discriminatedUnion("transport", [tcp, telnet, unix, exec, serial, ssh, ipmi]);

/** The keys a console of each transport may have; for hints. */
export const CONSOLE_KEYS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(SCHEMAS).map(([transport, schema]) => [transport, Object.keys(schema.shape)]),
);
