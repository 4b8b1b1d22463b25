import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, startProgram } from "./program.ts";
import type { RunningSystem, StartOptions } from "./system.ts";

/** ConMan in the foreground, telnet as it speaks it to terminal servers, one log a console. */
export async function startConman({ consoles, dir }: StartOptions): Promise<RunningSystem> {
  const logs = join(dir, "logs");
  mkdirSync(logs, { recursive: true });
  const port = await freePort();
  const config = join(dir, "conman.conf");
  const lines = consoles.map((each) => `CONSOLE name="${each.name}" dev="${each.host}:${each.port}"\n`);
  writeFileSync(
    config,
    `SERVER loopback=on
SERVER port=${port}
SERVER pidfile="${join(dir, "conmand.pid")}"
SERVER logdir="${logs}"
GLOBAL log="%N.log"
${lines.join("")}`,
  );
  const program = await startProgram(["conmand", "-F", "-c", config], { cwd: dir });
  return {
    name: "conman",
    logTemplate: join(logs, "&.log"),
    startedMs: program.startedMs,
    pids: () => [program.pid],
    pidsApart: () => [],
    attachArgv: (console) => ["conman", "-d", `127.0.0.1:${port}`, console],
    stop: () => program.stop(),
  };
}
