import { ConfedError } from "@confed/kernel";
import type { InputStream, World } from "../world.ts";

/** Far above any password. */
const LENGTH_MAX = 1_024;

/**
 * One line of standard input, without its end; at a terminal it is asked for and not shown. Rejects with
 * "canceled" when Ctrl-C or the end of the input comes first.
 */
export async function readSecret(
  { stdin, stderr }: Pick<World, "stdin" | "stderr">,
  prompt: string,
): Promise<string> {
  const isTerminal = stdin.isTTY === true && stdin.setRawMode !== undefined;
  if (isTerminal) {
    stderr.write(prompt);
    stdin.setRawMode?.(true);
  }
  try {
    return await firstLine(stdin);
  } finally {
    if (isTerminal) {
      stdin.setRawMode?.(false);
      stderr.write("\n");
    }
    stdin.pause();
  }
}

async function firstLine(stdin: InputStream): Promise<string> {
  let text = "";
  for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
    for (const character of String(chunk)) {
      if (character === "\n" || character === "\r") return text;
      if (character === "\x03") throw new ConfedError("canceled", "no password was given");
      if (character === "\x7f" || character === "\b") text = text.slice(0, -1);
      else text += character;
    }
    if (text.length > LENGTH_MAX) break;
  }
  if (text !== "") return text;
  throw new ConfedError("canceled", "no password was given");
}
