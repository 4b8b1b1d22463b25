import { EXIT } from "@confed/kernel";
import { Argument, type Command } from "commander";
import { withExamples } from "../examples.ts";
import type { Launch } from "./launch.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

/** `rcons completion`. */
export function defineCompletion(program: Command, launch: Launch): Command {
  const command = program
    .command("completion")
    .description("print a completion script; it completes the names of consoles, too")
    .addArgument(new Argument("<shell>", "which shell").choices(SHELLS))
    .action(async (shell: (typeof SHELLS)[number]) => {
      await launch(async (world) => {
        const { completionScript } = await import("../completion/completion-script.ts");
        world.stdout.write(completionScript(program, shell));
        return EXIT.ok;
      });
    });
  return withExamples(command, [
    { line: "source <(rcons completion bash)", does: "for this shell" },
    { line: "rcons completion zsh > ~/.zfunc/_rcons", does: "for zsh, where ~/.zfunc is in $fpath" },
    { line: "rcons completion fish > ~/.config/fish/completions/rcons.fish", does: "for fish" },
  ]);
}
