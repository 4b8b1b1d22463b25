import type { Clock } from "@confed/kernel";
import type { Console } from "../console/console.ts";
import type { Mode, Seat } from "./seat.ts";
import { VIEWER_LIMITS } from "./viewer-limits.ts";

/** Whose viewers they are. */
export type SeatedConsole = Pick<Console, "name" | "viewers" | "viewerLeft">;

/** What a successor must know of a viewer to know it again. Plain data. */
export interface HandedSeat {
  readonly console: string;
  /** Its client comes back with a token for it that this agent has signed. */
  readonly sessionId: string;
  readonly subject: string;
  readonly sinceMs: number;
  readonly mode: Mode;
}

/** Who is attached now: of each console whoever writes first, so that a bound keeps keyboards before all. */
export function seatsToHand(consoles: Iterable<SeatedConsole>): HandedSeat[] {
  const writers: HandedSeat[] = [];
  const others: HandedSeat[] = [];
  for (const { name, viewers } of consoles) {
    for (const { sessionId, subject, sinceMs, mode } of viewers.seats) {
      const seat = { console: name, sessionId, subject, sinceMs, mode };
      if (mode === "WRITE") writers.push(seat);
      else others.push(seat);
    }
  }
  return [...writers, ...others].slice(0, SEATS_MAX);
}

/**
 * Keep the seats of who was attached to the process before this one until they come back with their
 * tokens, for {@link HELD_MS}; meanwhile their keyboards are nobody else's but by force. Returns what
 * stops the waiting.
 */
export function holdSeats(
  handed: readonly HandedSeat[],
  {
    find,
    timers,
  }: {
    readonly find: (name: string) => SeatedConsole | undefined;
    readonly timers: Pick<Clock, "after">;
  },
): () => void {
  const held: { readonly seat: HeldSeat; readonly console: SeatedConsole }[] = [];
  for (const one of handed) {
    const console = find(one.console);
    if (console === undefined || console.viewers.count >= VIEWER_LIMITS.perConsoleMax) continue;
    const seat = new HeldSeat(one, console);
    // By force: who attached in the moment before this had not the keyboard, only found nobody at it.
    console.viewers.add(seat, one.mode, true);
    held.push({ seat, console });
  }
  if (held.length === 0) return () => undefined;
  return timers.after(HELD_MS, () => {
    for (const { seat, console } of held) {
      if (!console.viewers.seats.has(seat)) continue;
      seat.end();
      console.viewerLeft();
    }
  });
}

/** A client that has a way to us is back within a second; one on a bad way gets ten. */
const HELD_MS = 10_000;

/** Some 300 bytes each, in both processes, for seconds. */
const SEATS_MAX = 10_000;

/** The seat of a viewer that is on its way back. What is said meanwhile it reads from its position on. */
class HeldSeat implements Seat {
  readonly sessionId: string;
  readonly subject: string;
  readonly sinceMs: number;
  mode: Mode = "VIEW";
  readonly #console: SeatedConsole;

  constructor({ sessionId, subject, sinceMs }: HandedSeat, console: SeatedConsole) {
    this.sessionId = sessionId;
    this.subject = subject;
    this.sinceMs = sinceMs;
    this.#console = console;
  }

  tell(): void {
    // It was told that its session ended, and listens to nothing.
  }

  output(): void {
    // As above.
  }

  end(): void {
    this.#console.viewers.remove(this);
  }
}
