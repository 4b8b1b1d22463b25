import type { Join } from "../join/join.ts";
import { atMost } from "./at-most.ts";
import { type Handed, Takeover, type TakeoverDeps, type TakeoverHost } from "./takeover.ts";

/** An agent's way to be replaced. */
export interface Succession {
  /** Undefined where nobody could start a successor. */
  readonly takeover: Takeover | undefined;
  /** Resolves with the successor's process once it has everything. */
  readonly succeeded: Promise<number>;
}

/** What ends here when a successor has taken over: joins, viewers, and our hold on the links. */
export function successionOf(
  host: TakeoverHost | undefined,
  deps: Omit<TakeoverDeps, "host" | "onHanded"> & {
    readonly joins: readonly Join[];
    /** Answer nobody any more but those who have asked, and read no configuration. */
    readonly retire: () => void;
  },
): Succession {
  let tell: (pid: number) => void = () => undefined;
  const succeeded = new Promise<number>((resolve) => {
    tell = resolve;
  });
  if (host === undefined) return { takeover: undefined, succeeded };
  const onHanded = async ({ pid, consoles, settled, answered }: Handed) => {
    // Who comes or asks from now on comes to the successor: what this process still has is shared with it.
    deps.retire();
    const retired = Promise.all(deps.joins.map((join) => join.retire()));
    const all = [...deps.table.all()].map(({ console }) => console);
    for (const console of all) console.leave();
    // Whoever dials them must find them free.
    const others = all.filter((console) => !consoles.has(console)).map((console) => console.stop());
    // A successor of few consoles is settled before the answer to who asked for it is on its way.
    await Promise.all([settled, retired, atMost(ANSWER_MS_MAX, answered, deps.clock), ...others]);
    // The rest goes with this process, of which whoever asked for this has heard by now.
    tell(pid);
  };
  return { takeover: new Takeover({ ...deps, host, onHanded }), succeeded };
}

/** For one small answer to leave a busy process: who does not take it in this time has given up or hangs. */
const ANSWER_MS_MAX = 5_000;
