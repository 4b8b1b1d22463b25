import { withExamples, withSection } from "@confed/rcons";
import type { Command } from "commander";
import type { TokenFlags } from "../enrolment/run-token.ts";
import type { HeadFlags } from "../process/ask-head.ts";
import type { Launch } from "./launch.ts";

const CONFIG = ["-c, --config <file>", "of the head of this host (CONFED_CONFIG)"] as const;

/** `confed token`: who may become a machine of the cluster. */
export function defineToken(program: Command, launch: Launch): Command {
  const command = program.command("token").description("tokens, by which machines are enrolled");
  const create = command
    .command("create")
    .description("make a token for one agent or head; it is shown this once")
    .option("--agent <name>", "the agent that it is for")
    .option("--head <name>", "the head that it is for: the name of its host")
    .option("--ttl <time>", "how long it is good (15m; a year for rejoining)")
    .option("--consoles <selection>", "names, ranges and patterns that the agent may claim (any)")
    .option("--cidr <network...>", "where it may be used from (anywhere)")
    .option("--rejoin", "may be used again, by a host that forgets everything when it is restarted")
    .option("--key <file>", "with --rejoin: only by who has this key (its public half, PEM)")
    .option("--approve", "with --rejoin: an administrator approves each time")
    .option(...CONFIG)
    .action(async (flags: TokenFlags) => {
      await launch(async (world) => {
        const { runTokenCreate } = await import("../enrolment/run-token.ts");
        return runTokenCreate(world, flags);
      });
    });
  command
    .command("ls")
    .description("tokens that there are, without their secrets")
    .option("--json", "as one line of JSON")
    .option(...CONFIG)
    .action(async (flags: HeadFlags & { readonly json?: true }) => {
      await launch(async (world) => {
        const { runTokenList } = await import("../enrolment/run-token.ts");
        return runTokenList(world, flags);
      });
    });
  command
    .command("rm")
    .description("make a token worthless; who was enrolled by it stays")
    .argument("<id>")
    .option(...CONFIG)
    .action(async (id: string, flags: HeadFlags) => {
      await launch(async (world) => {
        const { runTokenRemove } = await import("../enrolment/run-token.ts");
        return runTokenRemove(world, id, flags);
      });
    });
  withSection(create, {
    title: "What a token is",
    lines: [
      "One word: an id, a secret, and the pin of the cluster's authority, so that the machine knows the head",
      "before it says anything. The head keeps no secret of it. Used once more by another machine, it is",
      "refused and alarmed.",
    ],
  });
  withExamples(create, [
    { line: "confed token create --agent sn01", does: "for the next 15 minutes" },
    { line: "confed token create --agent sn01 --consoles 'r1n[01-96]'", does: "no other consoles" },
    { line: "confed token create --agent sn02 --rejoin --key sn02.pub", does: "for a diskless host" },
  ]);
  return command;
}
