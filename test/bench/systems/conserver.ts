import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, startProgram } from "./program.ts";
import type { RunningSystem, StartOptions, SystemName } from "./system.ts";

/**
 * conserver in the foreground, raw TCP, one log a console, no time stamps, its client without TLS.
 * `perProcess` is its -m: how many consoles one of its processes serves.
 */
export async function startConserver(
  name: SystemName,
  perProcess: number,
  { consoles, dir }: StartOptions,
): Promise<RunningSystem> {
  const logs = join(dir, "logs");
  mkdirSync(logs, { recursive: true });
  const port = await freePort();
  const config = join(dir, "conserver.cf");
  const blocks = consoles.map((each) => `console ${each.name} { host ${each.host}; port ${each.port}; }\n`);
  writeFileSync(
    config,
    `config * { sslrequired no; loghostnames no; }
access * { trusted 127.0.0.1; }
default * { master localhost; type host; protocol raw; logfile ${logs}/&.log; rw *; options !ondemand; }
${blocks.join("")}`,
  );
  writeFileSync(join(dir, "conserver.passwd"), "");
  const program = await startProgram(
    [
      "conserver",
      ...["-C", config, "-P", join(dir, "conserver.passwd"), "-L", join(dir, "server.log")],
      ...["-p", String(port), "-M", "127.0.0.1", "-m", String(perProcess), "-E"],
    ],
    { cwd: dir },
  );
  return {
    name,
    logTemplate: join(logs, "&.log"),
    startedMs: program.startedMs,
    pids: () => [program.pid],
    pidsApart: () => [],
    attachArgv: (console) => consoleArgv(port, console),
    stockArgv: (console) => consoleArgv(port, console),
    stop: () => program.stop(),
  };
}

/**
 * The largest -m with which all its consoles come up. It starts 20 a second, one after the other, and takes
 * what a process dialled first for dead before it has looked at it: of 300 consoles, all came up with -m 32
 * and -m 64, 278 with -m 100.
 */
export const CONSERVER_BEST_PER_PROCESS = 64;

/** Debian's client of conserver, as somebody whom the benchmark lets in. */
export function consoleArgv(port: number, console: string): readonly [string, ...string[]] {
  return ["console", "-n", "-E", "-M", "127.0.0.1", "-p", String(port), "-l", "bench", console];
}
