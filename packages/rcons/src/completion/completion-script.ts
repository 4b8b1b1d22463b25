import type { Command } from "commander";
import { bashCompletion } from "./bash.ts";
import { fishCompletion } from "./fish.ts";
import { wordsOf } from "./word-model.ts";
import { zshCompletion } from "./zsh.ts";

const SCRIPT_OF = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** The completion script of a program for a shell. */
export function completionScript(program: Command, shell: keyof typeof SCRIPT_OF): string {
  return SCRIPT_OF[shell](wordsOf(program));
}
