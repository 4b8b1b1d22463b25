import { EXIT } from "@confed/kernel";
import { withExamples } from "@confed/rcons";
import { Argument, type Command } from "commander";
import { SHELLS, type Shell } from "../completion/completion-script.ts";
import type { Launch } from "./launch.ts";

/** `confed completion`: what a shell needs to complete this command. */
export function defineCompletion(program: Command, launch: Launch): Command {
  const command = program
    .command("completion")
    .description("print a completion script for a shell")
    .addArgument(new Argument("<shell>", "which one").choices(SHELLS))
    .action(async (shell: Shell) => {
      await launch(async ({ stdout }) => {
        const { completionScript } = await import("../completion/completion-script.ts");
        stdout.write(completionScript(program, shell));
        return EXIT.ok;
      });
    });
  return withExamples(command, [
    { line: 'eval "$(confed completion bash)"', does: "in ~/.bashrc; zsh likewise in ~/.zshrc" },
    { line: "confed completion fish > ~/.config/fish/completions/confed.fish", does: "for fish" },
  ]);
}
