import zlib from "node:zlib";
import type { HostPort } from "@confed/kernel";
import { z } from "zod";
import { auditSection, DEFAULT_AUDIT } from "./audit-schema.ts";
import { agentConserver, headConserver } from "./conserver-schema.ts";
import type { AgentConserver, HeadConserver } from "./conserver-settings.ts";
import { type PamSettings, pamSchema } from "./pam-schema.ts";
import {
  absolutePath,
  address,
  ageMs,
  byteSize,
  filePath,
  LOG_PATH_HINT,
  line,
  listenAddress,
  name,
  network,
  refuse,
  selection,
  text,
  wholeNumber,
  word,
} from "./scalar-schema.ts";

/** Where heads and agents listen unless told otherwise. */
export const DEFAULT_PORTS = { head: 7100, agent: 7110 } as const;

/** The `agent:` section. */
export interface AgentSettings {
  readonly id: string;
  /** Port 0: the system chooses; whoever listens puts the real one into `advertise`, too. */
  readonly listen: HostPort;
  /** Where heads and clients may reach this agent, best first; `listen` unless given. */
  readonly advertise: readonly HostPort[];
  /** May be empty: an agent is complete without a head. */
  readonly heads: readonly HostPort[];
  readonly stateDir: string;
  /** Processes that share the consoles; "auto": as many as the host has processors. One unless given. */
  readonly shards?: number | "auto" | undefined;
  readonly tls?: TlsMode | undefined;
  /** Addresses and networks that are never shut out, nor counted by source: heads, management nodes. */
  readonly trustedSources?: readonly string[] | undefined;
  /** Ways in for groups of this host, which need no head: in force as soon as not everybody is let in. */
  readonly sockets?: readonly SocketSettings[] | undefined;
  readonly conserver?: AgentConserver | undefined;
}

/** An entry of `agent.sockets`. */
export interface SocketSettings {
  /** Of the host; its members come in, and nobody else. */
  readonly group: string;
  /** What they may do. */
  readonly roles: readonly string[];
  /** Where the group's own directory is made: `<directory>/<group>/agent.sock`. */
  readonly directory: string;
}

/** "auto", which it is unless given: on, unless it listens on loopback only and has no identity. */
export type TlsMode = (typeof TLS_MODES)[number];

/** The words of configuration for whether connections are made in TLS. */
export const TLS_MODES = ["auto", "on", "off"] as const;

/** More processes than this on one host help nobody: each has its own connection to every head. */
export const SHARDS_MAX = 64;

/** The `head:` section. */
export interface HeadSettings {
  /** How it calls itself; its host's name, unless given. */
  readonly id?: string | undefined;
  /** Port 0: the system chooses. */
  readonly listen: HostPort;
  readonly stateDir: string;
  readonly tls?: TlsMode | undefined;
  /**
   * Other heads of the cluster: an enrolled one follows that of them which has the authority, and renews its certificate
   * there.
   */
  readonly heads: readonly HostPort[];
  /** Addresses and networks that are never shut out, nor counted by source: agents, log-in nodes with many people. */
  readonly trustedSources?: readonly string[] | undefined;
  /** Authorities of others whose users are users here: xCAT's, say. */
  readonly userAuthorities?: readonly UserAuthoritySettings[] | undefined;
  /** The host's own users log in with their passwords, by this helper and this file of /etc/pam.d. */
  readonly pam?: PamSettings | undefined;
  /** Console tables whose consoles an agent is to have, by the agent. */
  readonly assign?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly conserver?: HeadConserver | undefined;
}

/** An entry of `head.userAuthorities`. */
export interface UserAuthoritySettings {
  /** PEM. */
  readonly file: string;
  /** Which part of a certificate names its user. */
  readonly from: (typeof NAME_PARTS)[number];
  /** A regular expression: whom it matches as a whole is called as its first group says. */
  readonly match?: string | undefined;
}

/** The words of configuration for the part of a certificate that names a user. */
export const NAME_PARTS = ["cn", "email"] as const;

/** How one console is logged. */
export interface LogMode {
  /** Its own, where `logs.path` is not the one: `&` is its name. */
  readonly path?: string | undefined;
  /** While its log cannot be written, nobody is attached anew. */
  readonly strict: boolean;
  /** "journal": a power loss costs a second at most; "kernel": what it had not written back. */
  readonly sync: (typeof SYNCS)[number];
  /** "exact": its bytes and nothing else; "stamped": each line of the file begins with its time. */
  readonly format: (typeof FORMATS)[number];
}

/** The words of configuration for who sees to it that a log outlives a power loss. */
export const SYNCS = ["kernel", "journal"] as const;

/** The words of configuration for what a log file holds. */
export const FORMATS = ["exact", "stamped"] as const;

/** The keys of a {@link LogMode} that settings say. */
export const LOG_MODE_KEYS = ["strict", "sync", "format"] as const satisfies readonly (keyof LogMode)[];

type LogModeKey = (typeof LOG_MODE_KEYS)[number];

/** As much of a mode as a section says. */
export type LogModeSaid = { readonly [Key in LogModeKey]?: LogMode[Key] | undefined };

/** The mode of some consoles, as far as it differs from that of all. */
export interface LogRule extends LogModeSaid {
  /** A selection. */
  readonly consoles: string;
}

/** The `logs:` section. */
export interface LogSettings extends LogModeSaid {
  /** An absolute path with exactly one `&`, which stands for the console's name. */
  readonly pathTemplate: string;
  readonly mode: number;
  /** A group's name or number; without it, the process's own. */
  readonly group?: string | undefined;
  /** When a log is full and goes on in a new file; without it, never. */
  readonly rotate?:
    | { readonly sizeBytes?: number | undefined; readonly ageMs?: number | undefined }
    | undefined;
  /** What becomes of a file that is full. */
  readonly compress?: (typeof COMPRESSIONS)[number] | undefined;
  /** How much of a console's full files is kept; without a limit, all. */
  readonly keep?: KeepSettings | undefined;
  /** In order: of the entries that select a console, the last that says something counts. */
  readonly for?: readonly LogRule[] | undefined;
}

/** Limits of what is kept of a console's full files. */
export interface KeepSettings {
  readonly ageMs?: number | undefined;
  readonly count?: number | undefined;
  readonly sizeBytes?: number | undefined;
  /** What the disk shall have free; below it, oldest files of all consoles go. */
  readonly freeBytes?: number | undefined;
}

/** The words of configuration for what becomes of a full log file. */
export const COMPRESSIONS = ["none", "gzip", "zstd"] as const;

const agent = z
  .strictObject({
    id: name("agent"),
    listen: listenAddress(DEFAULT_PORTS.agent).default({ host: "127.0.0.1", port: DEFAULT_PORTS.agent }),
    advertise: z.array(address({ defaultPort: DEFAULT_PORTS.agent })).optional(),
    heads: z.array(address({ defaultPort: DEFAULT_PORTS.head })).default([]),
    state: absolutePath,
    shards: z
      .unknown()
      .transform((value, context): number | "auto" => {
        if (value === "auto") return value;
        if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= SHARDS_MAX)
          return value as number;
        refuse(context.issues, value, `must be a whole number from 1 to ${SHARDS_MAX}, or "auto"`, {
          hint: "auto: one for each processor",
        });
        return z.NEVER;
      })
      .optional(),
    sockets: z
      .array(
        z.strictObject({
          // "admin" is whoever the agent runs as, by the socket in its state directory.
          group: text(
            "the name of a group, and not admin",
            (value) => /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/.test(value) && value !== "admin",
            'like "operators"',
          ),
          roles: z.array(word).min(1),
          directory: absolutePath.default("/run/confed"),
        }),
      )
      .optional(),
    tls: z.enum(TLS_MODES).optional(),
    trustedSources: z.array(network).optional(),
    conserver: agentConserver.optional(),
  })
  .transform(
    ({ state, advertise, ...rest }): AgentSettings => ({
      ...rest,
      advertise: advertise ?? [rest.listen],
      stateDir: state,
    }),
  );

const head = z
  .strictObject({
    id: name("agent").optional(),
    listen: listenAddress(DEFAULT_PORTS.head).default({ host: "127.0.0.1", port: DEFAULT_PORTS.head }),
    state: absolutePath,
    tls: z.enum(TLS_MODES).optional(),
    trustedSources: z.array(network).optional(),
    heads: z.array(address({ defaultPort: DEFAULT_PORTS.head })).default([]),
    pam: pamSchema("confed").optional(),
    userAuthorities: z
      .array(
        z.strictObject({
          file: absolutePath,
          from: z.enum(NAME_PARTS).default("cn"),
          match: text("a regular expression", isRegExp, 'like "(.*)@site"').optional(),
        }),
      )
      .optional(),
    assign: z.record(name("agent"), z.array(line)).optional(),
    conserver: headConserver.optional(),
  })
  .transform(({ state, ...rest }): HeadSettings => ({ ...rest, stateDir: state }));

function isRegExp(value: string): boolean {
  try {
    new RegExp(value);
    return true;
  } catch {
    return false;
  }
}

const logPath = filePath.check(({ value, issues }) => {
  if (value.split("&").length !== 2)
    refuse(issues, value, "must hold exactly one &, which stands for the console's name", {
      hint: LOG_PATH_HINT,
    });
});

const mode = text(
  "an octal mode that lets the owner read and write",
  (value) => {
    return /^0?[0-7]{3}$/.test(value) && (Number.parseInt(value, 8) & 0o600) === 0o600;
  },
  'write "0640", in quotes',
).transform((value) => Number.parseInt(value, 8));

/** `logs.path` unless told otherwise. */
export const DEFAULT_LOG_PATH = "/var/log/consoles/&.log";

const DEFAULT_LOGS: LogSettings = { pathTemplate: DEFAULT_LOG_PATH, mode: 0o640 };

const logMode = {
  strict: z.boolean().optional(),
  sync: z.enum(SYNCS).optional(),
  format: z.enum(FORMATS).optional(),
};

const logRule = z.strictObject({ consoles: selection, ...logMode }).check(({ value, issues }) => {
  if (LOG_MODE_KEYS.every((key) => value[key] === undefined))
    refuse(issues, value, "says nothing of these consoles", { hint: `add ${LOG_MODE_KEYS.join(", ")}` });
});

const logs = z
  .strictObject({
    ...logMode,
    for: z.array(logRule).optional(),
    path: logPath.default(DEFAULT_LOGS.pathTemplate),
    mode: mode.default(DEFAULT_LOGS.mode),
    group: line.optional(),
    rotate: z
      .strictObject({ size: byteSize(64 * 1024, "64KiB").optional(), age: ageMs.optional() })
      .check(({ value, issues }) => {
        if (value.size === undefined && value.age === undefined)
          refuse(issues, value, "must say when", { hint: 'write { size: "64MiB" }, { age: "1d" } or both' });
      })
      .transform(({ size, age }) => ({ sizeBytes: size, ageMs: age }))
      .optional(),
    compress: z
      .enum(COMPRESSIONS)
      .check(({ value, issues }) => {
        if (value === "zstd" && !("zstdCompressSync" in zlib))
          refuse(issues, value, "must be gzip or none with this version of Node", {
            hint: "zstd comes with Node 22.15",
          });
      })
      .optional(),
    keep: z
      .strictObject({
        age: ageMs.optional(),
        count: wholeNumber(0, 100_000).optional(),
        size: byteSize(0, "0B").optional(),
        free: byteSize(0, "0B").optional(),
      })
      .transform(
        ({ age, count, size, free }): KeepSettings => ({
          ageMs: age,
          count,
          sizeBytes: size,
          freeBytes: free,
        }),
      )
      .optional(),
  })
  .check(({ value, issues }) => {
    if (value.rotate !== undefined) return;
    for (const key of ["compress", "keep"] as const) {
      if (value[key] === undefined) continue;
      refuse(issues, value[key], "means nothing without rotate", {
        path: [key],
        hint: 'add rotate: { size: "64MiB" }',
      });
    }
  })
  .transform(({ path, ...rest }): LogSettings => ({ ...rest, pathTemplate: path }));

const table = {
  /** Entries are looked at one by one: a wrong one must not hide the others. */
  consoles: z.array(z.unknown()).nullable().optional(),
  include: z.array(line).nullable().optional(),
};

/** A file that an agent, a head or both are started with. */
export const mainFile = z
  .strictObject({
    agent: agent.optional(),
    head: head.optional(),
    logs: logs.default(DEFAULT_LOGS),
    audit: auditSection.default(DEFAULT_AUDIT),
    ...table,
  })
  .check(({ value, issues }) => {
    const { agent: ours, head: theirs } = value;
    if (ours === undefined || theirs === undefined) return;
    if (ours.stateDir === theirs.stateDir) {
      refuse(issues, theirs.stateDir, "must not be the directory of agent.state", {
        path: ["head", "state"],
      });
    }
    if (
      ours.listen.port === theirs.listen.port &&
      ours.listen.port !== 0 &&
      ours.listen.host === theirs.listen.host
    ) {
      refuse(issues, theirs.listen, "must not be the address of agent.listen", { path: ["head", "listen"] });
    }
  });

/** A file that another one includes. */
export const includedFile = z.strictObject(table);
