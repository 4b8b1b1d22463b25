import { withExamples, withSection } from "@confed/rcons";
import { type Command, Option } from "commander";
import { withDaemonFlags } from "../process/daemon-flags.ts";
import type { FleetFlags } from "../sim/run-fleet.ts";
import type { SimFlags } from "../sim/run-sim.ts";
import type { VerifyFlags } from "../sim/run-verify.ts";
import type { Launch } from "./launch.ts";

/** `confed sim`: a rack of simulated consoles. */
export function defineSim(program: Command, launch: Launch): Command {
  const command = program
    .command("sim")
    // `--consoles` before `fleet` is the rack's, behind it the fleet's.
    .enablePositionalOptions()
    .description("run a rack of simulated consoles on loopback addresses")
    .option("-n, --consoles <count>", "how many (1)", numberOf)
    .addOption(
      new Option("--mode <mode>", "what they do (lines)").choices(["lines", "demo", "echo", "binary"]),
    )
    .option("--rate <lines>", "lines per second and console (10; 0.05 with --mode demo)", numberOf)
    .option("--line-bytes <bytes>", "of every line, CR LF included (80)", numberOf)
    .option("--prefix <name>", "of the names of consoles (n)")
    .option("--base-address <address>", "console i answers at this address + i (127.1.0.0)")
    .option("--seed <number>", "of the bytes of --mode binary (1)", numberOf)
    .option("--tcp <port>", "listen for plain TCP; 0 takes any free port (the default)", numberOf)
    .option("--telnet <port>", "listen for telnet", numberOf)
    .option("--ssh <port>", "listen for ssh", numberOf)
    .option("--ipmi <port>", "a BMC for each, user admin, password sim-password", numberOf)
    .option("--ipmi-faults <list>", "what is wrong with the BMCs: loss=0.1,port=swapped,steal=30s")
    .option("--ssh-user <name>", "who may log in by ssh (root)")
    .option("--ssh-password <text>", "with which password (confed)")
    .option(
      "--print-config [transport]",
      "print the table of consoles for an agent to include, as JSON Lines",
    )
    .option("--sent <file>", "at the end, write what every console was sent, for `confed sim verify`")
    .action(async (flags: SimFlags) => {
      await launch(async (world) => {
        const { runSim } = await import("../sim/run-sim.ts");
        return runSim(world, flags);
      });
    });
  withDaemonFlags(command);
  withSection(command, {
    title: "Modes",
    lines: [
      "lines   numbered, checksummed lines at the rate; input is echoed",
      "demo    boots, asks for a login (root, confed), runs a small shell: type help",
      "echo    only what is typed comes back",
      "binary  all byte values at the rate",
    ],
  });
  withSection(command, {
    title: "Faults of BMCs",
    lines: [
      "loss=0.1 duplicate=0.1 reorder=0.1   of datagrams, both ways",
      "accept=7 size=32 suspended no-break  what is taken of input",
      "open-status=1 rakp2-status=13 activate-code=0x81 lost-activates=1",
      "port=swapped port=default keeps-owner no-instance-info pads-users long-codes",
      "sessions=2 silent                    slots that there are; no answer to anything",
      "steal=30s steal-silently=30s reboot=60s   again and again",
    ],
  });
  withExamples(command, [
    { line: "confed sim -n 8 --mode demo --tcp 2001", does: "eight machines at 127.1.0.1 to 127.1.0.8" },
    { line: "confed sim -n 1000 --rate 10 --print-config > rack.jsonl", does: "and a table to include" },
    {
      line: "confed sim -n 8 --mode demo --ipmi 6230 --ipmi-faults reboot=60s",
      does: "machines behind BMCs at 127.1.0.1 to 127.1.0.8, UDP port 6230",
    },
    { line: "confed sim -n 8 --sent sent.json", does: "keep what was sent, to verify logs with" },
  ]);
  defineVerify(command, launch);
  defineFleet(command, launch);
  return command;
}

function defineVerify(sim: Command, launch: Launch): void {
  const command = sim
    .command("verify")
    .description("hold logs against what simulated consoles were sent: lost, doubled, out of order, damaged")
    .argument("<log...>", "log files, each named after its console: n0001.log")
    .requiredOption("--against <file>", "what `confed sim --sent FILE` wrote")
    .option("--foreign", "allow bytes that are no numbered lines")
    .action(async (logs: readonly string[], flags: VerifyFlags) => {
      await launch(async (world) => {
        const { runVerify } = await import("../sim/run-verify.ts");
        return runVerify(world, logs, flags);
      });
    });
  withExamples(command, [
    {
      line: "confed sim verify --against sent.json /var/log/consoles/n*.log",
      does: "exit status 1 if not exact",
    },
  ]);
}

function defineFleet(sim: Command, launch: Launch): void {
  const command = sim
    .command("fleet")
    .description("run many simulated agents in this process, which join heads as real ones do")
    .option("--head <addresses>", "host:port of the heads to join, several with commas (CONFED_HEAD)")
    .option("-a, --agents <count>", "how many (10)", numberOf)
    .option("-n, --consoles <count>", "of each agent (100)", numberOf)
    .option("--changes <rate>", "changes of state a second, over all consoles: 1000 or 1000/s (0)", rateOf)
    .option("--prefix <name>", "of the names of agents: another one for each fleet that joins a head (sim)")
    .option(
      "--socket <path>",
      "control/head.sock of the first head: its agents are enrolled there, speak TLS",
    )
    .action(async (flags: FleetFlags) => {
      await launch(async (world) => {
        const { runFleet } = await import("../sim/run-fleet.ts");
        return runFleet(world, flags);
      });
    });
  withDaemonFlags(command);
  withExamples(command, [
    {
      line: "confed sim fleet --head 127.0.0.1:7100 --agents 100 --consoles 1000 --changes 1000/s",
      does: "a site of 100,000 consoles, for a head to try itself on",
    },
    { line: "rcons --head 127.0.0.1:7100 sim001-n0001", does: "attach to one of them: it echoes" },
  ]);
}

/** Per second; "/s" may be said. */
function rateOf(text: string): number {
  return numberOf(text.replace(/\/s$/, ""));
}

/** NaN for what is no number: the rack names the option in its refusal. */
function numberOf(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text);
}
