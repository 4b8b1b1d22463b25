import { type Clock, ConfedError, type Logger } from "@confed/kernel";
import { LRUCache } from "lru-cache";
import type { Address } from "./address.ts";

/** Asks the system, without any memory. */
export type Lookup = (host: string) => Promise<readonly Address[]>;

/** What remembered lookups stand on. */
export interface RememberAnswersDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lookup: Lookup;
}

/** Lookups with a memory. */
export interface RememberedAnswers {
  /** Rejects only where no answer was ever had. */
  resolve(host: string): Promise<readonly Address[]>;
  /** Note an answer that came by another way: after its question had timed out. */
  learn(host: string, addresses: readonly Address[]): void;
}

/** How long an answer is taken without asking again. */
const ANSWER_FRESH_MS = 60_000;
/** How long a failed question is not repeated while an older answer serves (F13). */
const RETRY_AFTER_MS = 10_000;
/** Names remembered; more than the consoles of one agent, about 5 MB. */
const NAMES_MAX = 20_000;

interface Entry {
  readonly addresses: readonly Address[];
  freshUntilMs: number;
  /** The last question failed; said once per outage, not once per reconnect. */
  stale: boolean;
}

/**
 * Answers for a minute from memory, asks once for all who wait for the same name, and falls back
 * on the last good answer when the system has none: a console keeps its address while the name
 * server is down.
 */
export function rememberAnswers({ clock, logger, lookup }: RememberAnswersDeps): RememberedAnswers {
  const known = new LRUCache<string, Entry>({ max: NAMES_MAX });
  const asked = new Map<string, Promise<readonly Address[]>>();

  const learn = (host: string, addresses: readonly Address[]) => {
    if (known.get(host)?.stale === true) logger.info("name resolved again", { host });
    known.set(host, { addresses, freshUntilMs: clock.nowMs() + ANSWER_FRESH_MS, stale: false });
  };

  const ask = async (host: string): Promise<readonly Address[]> => {
    try {
      const addresses = await lookup(host);
      learn(host, addresses);
      return addresses;
    } catch (reason) {
      const cause = ConfedError.from(reason);
      const last = known.get(host);
      if (last === undefined || cause.code === "canceled") throw cause;
      last.freshUntilMs = clock.nowMs() + RETRY_AFTER_MS;
      if (!last.stale)
        logger.warn("name not resolved, its last address is used", { host, cause: cause.message });
      last.stale = true;
      return last.addresses;
    } finally {
      asked.delete(host);
    }
  };

  return {
    learn,
    resolve(host) {
      const entry = known.get(host);
      if (entry !== undefined && clock.nowMs() < entry.freshUntilMs) return Promise.resolve(entry.addresses);
      let answer = asked.get(host);
      if (answer === undefined) {
        answer = ask(host);
        asked.set(host, answer);
      }
      return answer;
    },
  };
}
