import type { ConsoleFields } from "../file/console-fields.ts";
import { typedTexts } from "../file/idle-text.ts";

/** `idletimeout` and `idlestring` as our consoles have them; nothing for a console without. */
export function idleInputOf({ idletimeoutS, idlestring = "\\n" }: ConsoleFields): {
  readonly idleInput?: { readonly after: string; readonly send: readonly string[] };
} {
  if (idletimeoutS === undefined) return {};
  const send = typedTexts(idlestring);
  // Nothing waits longer than a day here.
  return send.length === 0 ? {} : { idleInput: { after: `${Math.min(idletimeoutS, DAY_S)}s`, send } };
}

const DAY_S = 24 * 60 * 60;
