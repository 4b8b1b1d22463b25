import { hostname } from "node:os";
import { join, resolve } from "node:path";
import type { Writable } from "node:stream";
import { type ConfigFiles, formatFault, systemFiles } from "@confed/config";
import {
  bringUpAfterOf,
  type ConserverConsole,
  type ConserverFile,
  hostSurroundings,
  readConserverFile,
} from "@confed/conserver";
import { ConfedError, EXIT, formatHostPort, isConsoleName } from "@confed/kernel";
import type { World } from "../world.ts";
import { BackgroundStart, intoBackground } from "./background-start.ts";
import {
  CONSERVER_USAGE,
  CONSERVER_VERSION,
  type ConserverFlags,
  parseConserverFlags,
  reinitcheckS,
  WITHOUT_EFFECT,
} from "./conserver-flags.ts";
import { reopenedFile } from "./reopened-file.ts";

/** EX_DATAERR of sysexits.h: what conserver ends with for a file that has faults. */
const EXIT_DATA = 65;

const DEFAULT_FILE = "/etc/conserver.cf";
const DEFAULT_PORT = 782;

/**
 * conserver(8) with its own arguments: an agent of one conserver.cf, and nothing else. What the agent keeps is in
 * STATE_DIRECTORY, or /var/lib/confed/conserver.
 */
export async function runConserver(world: World, args: readonly string[]): Promise<number> {
  const flags = parseConserverFlags(args);
  const { counts, values } = flags;
  if (counts.has("h")) return said(world, CONSERVER_USAGE);
  if (counts.has("V")) return said(world, CONSERVER_VERSION);
  const path = values.get("C") ?? DEFAULT_FILE;
  const surroundings = hostSurroundings();
  const file = await readConserverFile(path, surroundings).catch((reason: unknown) => {
    const { code, rawMessage } = ConfedError.from(reason);
    throw new ConfedError(code, rawMessage, { subject: path, cause: reason });
  });
  if (counts.has("S")) return checkSyntax(world, file, counts.get("S") ?? 1);
  const background = counts.has("d") ? BackgroundStart.of(world) : undefined;
  if (counts.has("d") && background === undefined) return intoBackground(world, values.get("L"));
  try {
    const status = await serve(world, flags, { file, path, surroundings, background });
    background?.ended();
    return status;
  } catch (reason) {
    background?.ended(reason);
    throw reason;
  }
}

/** Until it is told to end. */
async function serve(
  world: World,
  flags: ConserverFlags,
  { file, path, surroundings, background }: Served,
): Promise<number> {
  const { counts, values } = flags;
  const { primaryport } = file.settings;
  const port = portOf(values.get("p") ?? primaryport, (name) => surroundings.servicePort(name));
  const log = values.get("L");
  const written = log === undefined ? world.stderr : logInto(world, log);
  const stderr = background?.hearing(written) ?? written;
  // What says "open logs anew" to conserver; to an agent it is the other.
  world.onSignal("SIGUSR2", () => {
    process.kill(world.pid, "SIGUSR1");
  });
  const { runAgent } = await import("../agent/run-agent.ts");
  const stateDir = world.env["STATE_DIRECTORY"] ?? "/var/lib/confed/conserver";
  const main = join(stateDir, "conserver.json");
  for (const letter of counts.keys()) {
    const why = WITHOUT_EFFECT[letter];
    if (why !== undefined) stderr.write(`conserver: -${letter} has no effect: ${why}\n`);
  }
  return runAgent(
    // Not copied: it opens its descriptors when they are first touched.
    stderr === world.stderr ? world : (Object.create(world, { stderr: { value: stderr } }) as World),
    { logFormat: "text", logLevel: counts.has("D") ? "debug" : "info" },
    {
      path: main,
      files: withMainFile(main, JSON.stringify(configOf(flags, { path, port, stateDir }))),
      said: { onDemand: counts.has("i"), bringUpAfter: bringUpAfterOf(reinitcheckS(flags)) },
      onReady: () => {
        background?.ready(written);
      },
    },
  );
}

interface Served {
  readonly file: ConserverFile;
  readonly path: string;
  readonly surroundings: ReturnType<typeof hostSurroundings>;
  readonly background: BackgroundStart | undefined;
}

/** -L: moved away by logrotate, it is opened anew at HUP, USR1 and USR2. */
function logInto(world: World, path: string): Writable {
  const file = reopenedFile(resolve(path), ({ message }) => {
    world.stderr.write(`conserver: what is said is not kept: ${message}\n`);
  });
  for (const signal of ["SIGHUP", "SIGUSR1"] as const)
    world.onSignal(signal, () => {
      file.reopen();
    });
  return file.stream;
}

function said({ stdout }: World, text: string): number {
  stdout.write(text);
  return EXIT.ok;
}

/** What an agent's file would say. */
function configOf(
  { counts, values, anonymousTls }: ConserverFlags,
  { path, port, stateDir }: { readonly path: string; readonly port: number; readonly stateDir: string },
): object {
  const [short = ""] = hostname().split(".");
  const certificate = values.get("c");
  const passwords = values.get("P");
  return {
    agent: {
      id: isConsoleName(short) ? short : "conserver",
      // Nobody listens there: without identities whoever reached it could do everything.
      listen: "127.0.0.1:0",
      state: stateDir,
      conserver: {
        file: resolve(path),
        listen: [formatHostPort({ host: values.get("M") ?? "::", port })],
        ...(passwords === undefined ? {} : { passwords: resolve(passwords) }),
        ...(certificate === undefined ? {} : { certificate: resolve(certificate) }),
        ...(anonymousTls ? { anonymousTls } : {}),
        ...(counts.has("E") ? { plain: "anywhere" } : {}),
      },
    },
  };
}

/** The port of -p or the file: a number, or a name of /etc/services. */
function portOf(text: string | undefined, servicePort: (name: string) => number | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : servicePort(text);
  if (port !== undefined && port < 65_536) return port;
  throw new ConfedError("invalid_argument", `${text} is no port`, {
    subject: "-p",
    hint: "a number, or a name of /etc/services",
  });
}

/** The configuration that stands in no file. */
function withMainFile(path: string, text: string): ConfigFiles {
  return {
    ...systemFiles,
    read: (file) => (file === path ? Promise.resolve(Buffer.from(text)) : systemFiles.read(file)),
  };
}

/** Every fault on a line; of `-SS`, the consoles as conserver says them, too. */
function checkSyntax({ stdout, stderr }: World, file: ConserverFile, times: number): number {
  for (const fault of file.faults) stderr.write(`conserver: ${formatFault(fault)}\n`);
  if (times > 1) for (const console of file.consoles) stdout.write(`${shown(console)}\n`);
  return file.faults.length === 0 ? EXIT.ok : EXIT_DATA;
}

function shown({ name, master, aliases, way }: ConserverConsole): string {
  return `{${name}:${master}:${aliases.join(",")}:${wayShown(way)}}`;
}

function wayShown(way: ConserverConsole["way"]): string {
  switch (way.type) {
    case "exec":
      return `|:${way.command ?? "/bin/sh"}`;
    case "host":
      return `!:${way.host},${way.port}`;
    case "device":
      return `/:${way.device},${way.baud}${way.parity.charAt(0)}`;
    case "uds":
      return `%:${way.path}`;
    case "noop":
      return "#:";
    case "ipmi":
      return `@:${way.host}`;
  }
}
