import { withExamples } from "@confed/rcons";
import type { Command } from "commander";
import type { XcatFlags } from "../xcat/run-xcat.ts";
import type { Launch } from "./launch.ts";

/** `confed xcat`: what makeconservercf, rcons and replaycons of an unmodified xCAT look for. */
export function defineXcat(program: Command, launch: Launch): Command {
  const command = program.command("xcat").description("put this in conserver's place on a host of xCAT's");
  const actions = [
    ["install", "put in place what xCAT looks for; what was there before is kept beside it"],
    ["remove", "undo exactly what install did"],
    ["check", "say what is wrong, and the command that mends it; exit status 1 if anything is"],
  ] as const;
  for (const [action, description] of actions) {
    command
      .command(action)
      .description(description)
      .option("--root <dir>", "of another system than this one", "/")
      .action(async (flags: XcatFlags) => {
        await launch(async (world) => {
          const { runXcat } = await import("../xcat/run-xcat.ts");
          return runXcat(world, action, flags);
        });
      });
  }
  return withExamples(command, [
    { line: "confed xcat install", does: "and then: systemctl enable --now conserver" },
    { line: "confed xcat check", does: "with the mending command of each line that is wrong" },
  ]);
}
