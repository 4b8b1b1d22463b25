import { withExamples, withSection } from "@confed/rcons";
import type { Command } from "commander";
import type { UpFlags } from "../up/up-plan.ts";
import type { Launch } from "./launch.ts";

/** `confed up`: a whole federation to try, without any configuration. */
export function defineUp(program: Command, launch: Launch): Command {
  const command = program
    .command("up")
    .description("run a head, two agents and a simulated rack on this host, without any configuration")
    .option("-p, --port <port>", "of the head, on 127.0.0.1; 0 takes any free port", "7100")
    .option("--dir <directory>", "for state and logs (~/.local/state/confed/up)")
    .option(
      "--include <file>",
      "further consoles of yours for the first agent, as an include: of its configuration",
    )
    .option("--no-shell", "leave out the console that is a real shell on this host")
    .action(async (flags: UpFlags) => {
      await launch(async (world) => {
        const { runUp } = await import("../up/run-up.ts");
        return runUp(world, flags);
      });
    });
  withSection(command, {
    title: "What runs",
    lines: [
      "head           on 127.0.0.1, at --port",
      "agent sn01     n0001 to n0004 by tcp, and shell01, a real shell on this host",
      "agent sn02     n0005 and n0006 by telnet, n0007 and n0008 by ssh",
      "rack           the eight machines behind them: log in as root, password confed",
      "",
      "Who may connect to 127.0.0.1 may attach: this version knows no users. The shell is run as",
      "you, or as nobody if you are root.",
      "Ctrl-C ends all of it. State and logs stay in the directory, and are taken up at the next start.",
    ],
  });
  return withExamples(command, [
    { line: "confed up", does: "then, in another terminal: rcons ls; rcons n0001" },
    { line: "confed up --port 7200 --dir /tmp/second", does: "a second one beside it" },
    { line: "confed up --include my-consoles.yaml", does: "with consoles of yours" },
  ]);
}
