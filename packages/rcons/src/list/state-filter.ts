import { ConfedError, neutralise } from "@confed/kernel";
import type { ConsoleStateReceived } from "@confed/wire";
import { STATE_WORDS } from "../render/state-words.ts";

const STATE_OF_WORD = new Map<string, readonly ConsoleStateReceived[]>([
  ...(Object.entries(STATE_WORDS) as [ConsoleStateReceived, string][])
    .filter(([state]) => state !== "CONSOLE_STATE_UNSPECIFIED")
    .map(([state, word]) => [word, [state]] as const),
  ["up", ["CONNECTED"]],
  // Idle is not down: it comes up when somebody attaches.
  ["down", ["CONNECTING", "WAITING", "STOPPED", "UNREACHABLE", "CONFLICT"]],
]);

/** The words that `--state` takes. */
export const STATE_FILTER_WORDS: readonly string[] = [...STATE_OF_WORD.keys()];

/** The states meant by "waiting,stopped"; "down" and "up" sum up. Throws "invalid_argument". */
export function parseStates(text: string): readonly ConsoleStateReceived[] {
  return text.split(",").flatMap((word) => {
    const states = STATE_OF_WORD.get(word.trim().toLowerCase());
    if (states !== undefined) return states;
    throw new ConfedError("invalid_argument", `"${neutralise(word, 40)}" is not a state`, {
      subject: "--state",
      hint: STATE_FILTER_WORDS.join(", "),
    });
  });
}
