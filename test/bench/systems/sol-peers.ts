import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BmcRack } from "../bmc-rack.ts";
import { treeOf } from "../measure/process-tree.ts";
import { freePort, type Program, startProgram } from "./program.ts";

/** Programs that hold SOL sessions, to be measured. */
export interface SolPeer {
  readonly pids: readonly number[];
  readonly stop: () => Promise<void>;
}

/** ConMan with an `ipmi:` console for every BMC: libipmiconsole's threads in one process. */
export async function startConmanIpmi(rack: BmcRack, dir: string): Promise<SolPeer> {
  const logs = join(dir, "conman-ipmi");
  mkdirSync(logs, { recursive: true });
  const { user, password } = rack.user;
  const config = join(logs, "conman.conf");
  writeFileSync(
    config,
    [
      "SERVER loopback=on",
      `SERVER port=${await freePort()}`,
      `SERVER pidfile="${join(logs, "conmand.pid")}"`,
      `SERVER logdir="${logs}"`,
      `GLOBAL ipmiopts="U:${user},P:${password},C:17"`,
      'GLOBAL log="%N.log"',
      ...rack.bmcs.map(({ name, host }) => `CONSOLE name="${name}" dev="ipmi:${host}"`),
      "",
    ].join("\n"),
    { mode: 0o600 },
  );
  const program = await startProgram(["conmand", "-F", "-c", config], { cwd: logs });
  return { pids: [program.pid], stop: () => program.stop() };
}

/** A process for every BMC, as xCAT starts them, each under a terminal of its own. */
export async function startIpmitools(rack: BmcRack): Promise<SolPeer> {
  const { user, password } = rack.user;
  const programs: Program[] = [];
  for (const { host, port } of rack.bmcs) {
    const command = `exec ipmitool -I lanplus -H ${host} -p ${port} -U ${user} -E -C 17 sol activate`;
    // It wants a terminal, which script(1) gives it.
    programs.push(
      await startProgram(["script", "-qec", command, "/dev/null"], { env: { IPMI_PASSWORD: password } }),
    );
  }
  const terminals = new Set(programs.map(({ pid }) => pid));
  return {
    // Not the terminals: in earnest they are one program's for all.
    get pids() {
      return treeOf([...terminals]).filter((pid) => !terminals.has(pid));
    },
    stop: async () => {
      await Promise.all(programs.map((program) => program.stop()));
    },
  };
}

/** Whether a program is there to be compared with. */
export function isInstalled(program: string): boolean {
  return spawnSync("sh", ["-c", 'command -v "$1"', "sh", program]).status === 0;
}
