import { type Clock, ConfedError, type Logger } from "@confed/kernel";
import type { Console } from "../console/console.ts";
import type { ConsoleFleet } from "../console/console-fleet.ts";
import type { ConsoleTable } from "../console/console-table.ts";
import type { LogFeed } from "../log/log-feed.ts";
import { holdSeats } from "../viewers/held-seats.ts";
import type { Inheritance } from "./inheritance.ts";

export interface BeginDeps {
  readonly table: ConsoleTable;
  readonly feed: Pick<LogFeed, "settled" | "ahead" | "opens">;
  readonly timers: Pick<Clock, "after">;
  readonly logger: Pick<Logger, "warn">;
}

/**
 * Take over the links of the process before this one; none of them is read. Resolves with whose links
 * go on, once the state directory is free. Rejects if that process goes on itself.
 */
export async function inheritLinks(
  inheritance: Inheritance | undefined,
  { table, feed, fleet }: Pick<BeginDeps, "table" | "feed"> & { readonly fleet: Pick<ConsoleFleet, "adopt"> },
): Promise<ReadonlySet<Console>> {
  const adopted = new Set<Console>();
  if (inheritance === undefined) return adopted;
  await feed.ahead([...table.all()].map(({ console }) => console));
  await inheritance.receive();
  for (const { name, ...end } of inheritance.logs) feed.opens.leftAt(name, end);
  for (const listed of table.all()) {
    const inherited = inheritance.take(listed.name);
    if (inherited !== undefined && fleet.adopt(listed, inherited)) adopted.add(listed.console);
  }
  await inheritance.free();
  return adopted;
}

/**
 * With an inheritance, resolves when the process before this one reads no more, with what stops the
 * waiting for its viewers. Rejects if that process goes on itself.
 */
export async function succeed(
  inheritance: Inheritance | undefined,
  adopted: ReadonlySet<Console>,
  { table, timers }: Pick<BeginDeps, "table" | "timers">,
): Promise<() => void> {
  if (inheritance === undefined) return () => undefined;
  await Promise.all([...adopted].map((console) => console.output.numbered));
  await inheritance.ready();
  return holdSeats(inheritance.seats, { find: (name) => table.find(name)?.console, timers });
}

/**
 * Begin all consoles: with the links that were inherited, and with new ones. Resolves when every
 * inherited link was read once.
 */
export async function beginConsoles(
  inheritance: Inheritance | undefined,
  adopted: ReadonlySet<Console>,
  { table, feed, logger }: Omit<BeginDeps, "timers">,
): Promise<void> {
  if (inheritance === undefined) {
    for (const { console } of table.all()) console.start();
    return;
  }
  let readCount = 0;
  // Whoever printed long ago was read long ago, and waits longest.
  const inTurn = [...adopted].sort((a, b) => a.output.lastWallMs - b.output.lastWallMs);
  for (const console of inTurn) {
    console.thaw();
    readCount += 1;
    // The log writer must not wait for the last before it hears of the first.
    if (readCount % READS_PER_TURN === 0) await turnOfLoop();
  }
  // Only now: a device that takes one connection at a time was the predecessor's until then.
  for (const { console } of table.all())
    if (!adopted.has(console)) console.start(inheritance.outageOf(console.name));
  feed.opens.closeForeign();
  feed
    .settled(SETTLED_MS_MAX)
    .then(() => inheritance.settled())
    .catch((reason: unknown) => {
      logger.warn("the process before this one was not told of the end", {
        cause: ConfedError.from(reason).message,
      });
    });
}

/** A few milliseconds, and as much output as an arena holds if they were not read for a second or two. */
const READS_PER_TURN = 250;

/** Whoever waits for it has better things to do by then. */
const SETTLED_MS_MAX = 3_000;

function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
