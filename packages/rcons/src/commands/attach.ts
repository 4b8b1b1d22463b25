import { ConfedError, checkName, neutralise, parseDurationMs } from "@confed/kernel";
import { type Command, Option } from "commander";
import { DEFAULT_ESCAPE, parseEscape } from "../attach/escape-sequence.ts";
import { withExamples, withSection } from "../examples.ts";
import { chooseHost } from "../route/choose-host.ts";
import { ROUTE_POLICIES, type RoutePolicy } from "../route/route-policy.ts";
import { type Launch, targetOptionsOf } from "./launch.ts";

interface AttachFlags {
  readonly force?: true;
  readonly spy?: true;
  readonly verbose?: true;
  readonly escape?: string;
  readonly route: RoutePolicy;
  readonly rawTerminal?: true;
  readonly linger: string;
}

/** `rcons NODE`, also as `rcons attach NODE` for a console that is named like a command. */
export function defineAttach(program: Command, launch: Launch): Command {
  const command = program
    .command("attach", { isDefault: true })
    .description("attach to a console; `rcons NODE` does the same")
    .argument("<node>", "name of the console")
    .argument("[host]", "of its console server, as xCAT's rcons has it: a head or an agent")
    .option("-f, --force", "take the keyboard from whoever holds it")
    .option("-s, --spy", "only watch: never take the keyboard")
    .option("-v, --verbose", "say whom it asks, and why")
    .option("-e, --escape <esc>", 'begin commands with these two characters: ^Ec, ^]x, \\005c, or "none"')
    .addOption(
      new Option("--route <way>", "straight to the agent, through the head, or what works")
        .choices(ROUTE_POLICIES)
        .default("auto"),
    )
    .option(
      "--raw-terminal",
      "show every byte that the console sends, also what could harm this terminal; with piped input also read no escape unless -e names one",
    )
    .option(
      "--linger <time>",
      "after the end of piped input, stay until the console was quiet for so long",
      "1s",
    )
    .action(async (node: string, host: string | undefined, flags: AttachFlags, self: Command) => {
      await launch(async (world) => {
        if (flags.force === true && flags.spy === true) {
          throw new ConfedError("invalid_argument", "--force and --spy exclude each other");
        }
        // Bytes of a program may look like an escape; keys of a person are meant as one.
        const bare = flags.rawTerminal === true && world.stdin.isTTY !== true;
        const { targets, why } = chooseHost(host, targetOptionsOf(self), world.env);
        if (flags.verbose === true) world.stderr.write(`rcons: ${neutralise(why)}\n`);
        const options = {
          console: checkName(node),
          targets,
          policy: flags.route,
          mode: flags.spy === true ? "VIEW" : "WRITE",
          force: flags.force === true,
          escape:
            flags.escape === undefined ? (bare ? undefined : DEFAULT_ESCAPE) : parseEscape(flags.escape),
          rawTerminal: flags.rawTerminal === true,
          lingerMs: parseDurationMs(flags.linger),
        } as const;
        const { runAttach } = await import("../attach/run-attach.ts");
        return runAttach(world, options);
      });
    });
  withSection(command, {
    title: "While attached",
    lines: [
      "^Ec.  quit                 ^Ec?  list of all commands",
      "^Eca  take the keyboard    ^Ecf  take it by force    ^Ecs  give it up",
      "^Ecr  replay 60 lines      ^Ecw  who is attached     ^Eci  information",
      "^Ecl0 send a break         ^Eco  reconnect console   ^Ecz  suspend",
      "^Ec^Ec sends ^Ec itself",
    ],
  });
  withSection(command, {
    title: "Whom it asks",
    lines: [
      "The first that is said: --head, --agent or --socket; the argument HOST; CONSERVER; the node's owner, as the",
      "head of CONFED_HEAD knows it; XCATHOST, without its port; this host. At a HOST it is the head, or the agent",
      "where there is no head. -v says what it chose.",
    ],
  });
  withSection(command, {
    title: "Pipes",
    lines: [
      "Where standard output is no terminal, lines of rcons itself go to standard error.",
      "Piped input is sent once the console is up. After its end rcons stays until all of it was",
      "acknowledged and the console was quiet for --linger (at most ten times as long), and exits.",
      "With --spy, standard input is not read.",
      "",
      "What could harm your terminal is left out of what the console sends: titles, clipboard, links,",
      "pictures, changes of what keys send. Questions to the terminal reach it only while you hold the",
      "keyboard. --raw-terminal shows every byte; the log has every byte in any case.",
      "If rcons is killed by SIGKILL it cannot restore the terminal; bash does. Else type `stty sane` and Enter,",
      "and `reset` if the mouse or the screen is odd.",
    ],
  });
  return withExamples(command, [
    { line: "rcons n0001", does: "attach; ^Ec. ends it" },
    { line: "rcons n0001 -f", does: "take the keyboard from whoever holds it" },
    { line: "rcons -s n0001", does: "only watch" },
    { line: "rcons attach ls", does: "a console that is named like a command" },
    { line: "echo reboot | rcons n0001", does: "type a line, show what comes of it" },
    { line: "rcons --agent sn01:7110 n0001", does: "without any head" },
  ]);
}
