import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Cancel, Clock } from "@confed/kernel";

/**
 * Let V8 look through the garbage of this process often, and a little at a time: for what answers from a large
 * memory to many. Both can be said at any time before the heap has grown, and only there: nobody who starts
 * `confed` has to know.
 *
 * New objects stay in 1 MiB, which is looked through in less than 1 ms. V8 alone makes that 16 MiB, and where
 * HTTP/2 serves hundreds of calls a second, a quarter of it is copied: 8 ms, twice a second, for whoever asks meanwhile
 * (100,000 consoles, 500 resolves/s: their p99). Old objects may grow by a third, not to a multiple, before theirs are:
 * 100,000 consoles take 130 MB, and what Node's HTTP/2 makes of a call outlives the new ones.
 *
 * One thread looks through that 1 MiB: to wake others, and to wait for them, takes longer than it is worth (5 to 7 %
 * of what such a process uses, on two cores). And one looks through the old objects beside the one that answers: three
 * of them, as V8 has it on two cores, leave that one waiting for a core for a quarter of a second.
 */
export function keepPausesShort(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--heap-growing-percent=30");
  setFlagsFromString("--no-parallel-scavenge");
  setFlagsFromString("--concurrent-marking-max-worker-num=1");
}

/**
 * The same for an agent, once its start is over: there is garbage without pause then, and many consoles would be
 * connected a fifth later. What the start left is collected once (some 30 ms), for only from there on V8 keeps the
 * heap small: without it a thousand log-ins at once (IPMI) leave twice the memory that their sessions need, and an
 * agent at rest never gives that back.
 */
export function keepPausesShortAfterStart(clock: Pick<Clock, "after">): Cancel {
  return clock.after(START_MS, () => {
    keepPausesShort();
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    collect();
  });
}

/** By then 10,000 consoles are connected. */
const START_MS = 5_000;
