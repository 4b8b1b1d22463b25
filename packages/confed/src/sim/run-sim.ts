import { writeFile } from "node:fs/promises";
import { ConfedError } from "@confed/kernel";
import {
  type BmcTrouble,
  consoleTable,
  consoleTableJsonLines,
  parseBmcTrouble,
  type Rack,
  type RackMode,
  startRack,
} from "@confed/simulator";
import { type DaemonFlags, daemonOptions } from "../process/daemon-flags.ts";
import { runDaemon } from "../process/run-daemon.ts";
import type { World } from "../world.ts";

/** What commander makes of the command line of `confed sim`. */
export interface SimFlags extends DaemonFlags {
  readonly consoles?: number;
  readonly mode?: RackMode;
  readonly rate?: number;
  readonly lineBytes?: number;
  readonly prefix?: string;
  readonly baseAddress?: string;
  readonly seed?: number;
  readonly tcp?: number;
  readonly telnet?: number;
  readonly ssh?: number;
  readonly ipmi?: number;
  readonly ipmiFaults?: string;
  readonly sshUser?: string;
  readonly sshPassword?: string;
  readonly printConfig?: "tcp" | "telnet" | "ssh" | "ipmi" | true;
  readonly sent?: string;
}

/** A rack in this process until a signal; its last words in the log are how late it was itself. */
export function runSim(world: World, flags: SimFlags): Promise<number> {
  return runDaemon(world, daemonOptions(flags), async ({ logger }) => {
    const { tcp, telnet, ssh, ipmi, sshUser, sshPassword, printConfig } = flags;
    const rack = await startRack(
      {
        ...given({
          consoles: flags.consoles,
          mode: flags.mode,
          linesPerSecond: flags.rate,
          lineBytes: flags.lineBytes,
          namePrefix: flags.prefix,
          baseAddress: flags.baseAddress,
          seed: flags.seed,
          tcpPort: tcp,
          telnetPort: telnet,
          sshPort: ssh,
          ipmiPort: ipmi,
          bmcTrouble: troubleOf(flags),
        }),
        ssh: given({ user: sshUser, password: sshPassword }),
      },
      { clock: world.clock, logger },
    );
    try {
      if (printConfig !== undefined) world.stdout.write(tableOf(rack, printConfig));
    } catch (reason) {
      await rack.close();
      throw reason;
    }
    return {
      ready: {
        role: "rack",
        consoles: rack.options.consoles,
        first: rack.addressOf(0),
        last: rack.addressOf(rack.options.consoles - 1),
        tcp: rack.tcpPort,
        telnet: rack.telnetPort,
        ssh: rack.sshPort,
        ipmi: rack.ipmiPort,
        sshHostKey: rack.sshHostKey,
      },
      async stop() {
        await rack.close();
        if (flags.sent !== undefined) await writeSent(rack, flags.sent);
      },
    };
  });
}

function troubleOf({ ipmi, ipmiFaults }: SimFlags): BmcTrouble | undefined {
  if (ipmiFaults === undefined) return undefined;
  if (ipmi !== undefined) return parseBmcTrouble(ipmiFaults);
  throw new ConfedError("invalid_argument", "there are no BMCs that could have faults", {
    subject: "--ipmi-faults",
    hint: "give --ipmi as well",
  });
}

function tableOf(rack: Rack, transport: NonNullable<SimFlags["printConfig"]>): string {
  if (transport === true) return consoleTableJsonLines(consoleTable(rack));
  const ports: Readonly<Record<string, number | undefined>> = {
    tcp: rack.tcpPort,
    telnet: rack.telnetPort,
    ssh: rack.sshPort,
    ipmi: rack.ipmiPort,
  };
  if (ports[transport] === undefined) {
    throw new ConfedError("invalid_argument", `the rack does not listen for ${transport}`, {
      subject: "--print-config",
      hint: "tcp, telnet, ssh or ipmi, together with the option of that name",
    });
  }
  return consoleTableJsonLines(consoleTable(rack, transport));
}

async function writeSent(rack: Rack, path: string): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(await rack.sentAll())}\n`);
  } catch (reason) {
    const error = ConfedError.from(reason);
    throw new ConfedError(error.code, `what was sent cannot be written: ${error.rawMessage}`, {
      where: path,
      cause: reason,
    });
  }
}

/** Without the keys that are not given, so that the rack's defaults hold. */
function given<T extends object>(options: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}
