import type { OutputStream } from "../world.ts";

/** Colour only on a terminal that can, and not where somebody said no (https://no-color.org). */
export function wantsColour(
  { isTTY }: OutputStream,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const refused = env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "";
  return isTTY === true && !refused && env["TERM"] !== "dumb";
}
