import type { Console } from "../console/console.ts";
import type { ConsoleFleet } from "../console/console-fleet.ts";
import type { ConsoleTable } from "../console/console-table.ts";
import type { Inheritance } from "./inheritance.ts";

/**
 * Begin all consoles: with the links that the process before this one had, where it left some, and
 * with new ones. With an inheritance, resolves when that process reads no more and we do. Rejects if it
 * goes on itself: then nothing was read here.
 */
export async function beginConsoles(
  inheritance: Inheritance | undefined,
  { table, fleet }: { readonly table: ConsoleTable; readonly fleet: Pick<ConsoleFleet, "adopt"> },
): Promise<void> {
  if (inheritance === undefined) {
    for (const { console } of table.all()) console.start();
    return;
  }
  const adopted: Console[] = [];
  const fresh: Console[] = [];
  for (const listed of table.all()) {
    const handed = inheritance.take(listed.name);
    const goesOn = handed !== undefined && fleet.adopt(listed, handed);
    (goesOn ? adopted : fresh).push(listed.console);
  }
  await Promise.all(adopted.map((console) => console.numbered));
  await inheritance.ready();
  for (const console of adopted) console.thaw();
  // Only now: a device that takes one connection at a time was the predecessor's until then.
  for (const console of fresh) console.start();
}
