import { checkName, parseDurationMs } from "@confed/kernel";
import { type Command, Option } from "commander";
import { withExamples } from "../examples.ts";
import { ROUTE_POLICIES, type RoutePolicy } from "../route/route-policy.ts";
import { targetsOf } from "../route/targets.ts";
import { type Launch, targetOptionsOf } from "./launch.ts";

interface SendFlags {
  readonly text: string;
  readonly enter: boolean;
  readonly wait?: string;
  readonly timeout: string;
  readonly force?: true;
  readonly route: RoutePolicy;
}

/** `rcons send`. */
export function defineSend(program: Command, launch: Launch): Command {
  const command = program
    .command("send")
    .description("type a text at a console, and wait for an answer")
    .argument("<node>", "name of the console")
    .requiredOption("--text <text>", "what to type; \\r \\n \\t \\e \\xHH stand for bytes; Enter is added")
    .option("--no-enter", "do not add Enter (\\r)")
    .option("--wait <regex>", "show output until a line fits (RE2); an unfinished line counts, for prompts")
    .option("--timeout <time>", "for all of it", "30s")
    .option("-f, --force", "take the keyboard from whoever holds it")
    .addOption(
      new Option("--route <way>", "straight to the agent, through the head, or what works")
        .choices(ROUTE_POLICIES)
        .default("auto"),
    )
    .action(async (node: string, flags: SendFlags, self: Command) => {
      await launch(async (world) => {
        const { parseSendText } = await import("../send/send-text.ts");
        const text = Buffer.concat([parseSendText(flags.text), Buffer.from(flags.enter ? "\r" : "")]);
        const options = {
          targets: targetsOf(targetOptionsOf(self), world.env),
          policy: flags.route,
          console: checkName(node),
          text,
          wait: flags.wait,
          timeoutMs: parseDurationMs(flags.timeout),
          force: flags.force === true,
        };
        const { runSend } = await import("../send/run-send.ts");
        return runSend(world, options);
      });
    });
  return withExamples(command, [
    { line: "rcons send n0001 --text reboot", does: "type it, and Enter" },
    {
      line: "rcons send n0001 --text '' --wait 'login: $' --timeout 5m",
      does: "press Enter, wait for a prompt",
    },
    { line: "rcons send n0001 --text '\\x03' --no-enter", does: "press ^C" },
  ]);
}
