import { TICKET_LIMITS } from "@confed/trust";
import type { Case } from "../case.ts";
import { sleep } from "../fleet.ts";
import { sizeOf } from "../measure/process-tree.ts";
import { quantile } from "../measure/quantile.ts";
import { Viewer } from "../measure/viewer.ts";
import { startBreakingProxy } from "../systems/breaking-proxy.ts";

const CONSOLES = 10;
const ATTACHES = 20_000;
const QUICK_ATTACHES = 1_000;
/** At a time; of these every other one is cut off without a word, some in the midst of its handshake. */
const TOGETHER = 40;
/** What was made once and stays: code, tables of names. */
const WARM_UP = 2_000;
/**
 * Ends of connections, and of what waits for them: a session is kept 10 s for whoever comes back, and who was cut off
 * in the moment in which HTTP/2 began is missed by keepalive, after 20.
 */
const SETTLED_MS = 25_000;
/** What was used once is remembered for as long as it could be used again, and forgotten when the next one comes. */
const FORGOTTEN_MS = 2 * (TICKET_LIMITS.lifetimeMs + TICKET_LIMITS.aheadMsMax);

/** People who come and vanish, and what is left of them. */
export const vanish: Case = {
  name: "vanish",
  about: "20,000 attaches over TLS, half of them cut off",
  systems: ["confed"],
  fleet: () => ({ consoles: CONSOLES, own: "vanish" }),
  async run({ rack, system }, quick) {
    const { agents, person } = system.confed!;
    const [agent] = agents;
    const pid = agent!.pid;
    const proxy = await startBreakingProxy(agent!.address);
    const attachMs: number[] = [];
    let refused = 0;
    const wave = async (turn: number) => {
      const viewers = Array.from({ length: TOGETHER }, (_, index) => {
        const { name } = rack.consoles[index % rack.consoles.length]!;
        return index % 2 === 0
          ? new Viewer({ person }, name)
          : new Viewer({ person, through: proxy.address }, name);
      });
      const cutEarly = turn % 5 === 0;
      if (cutEarly) {
        await Promise.all(viewers.filter((_, index) => index % 2 === 0).map(({ opened }) => opened));
        proxy.breakAll();
      }
      for (const [index, viewer] of viewers.entries()) {
        try {
          await viewer.opened;
          attachMs.push(viewer.openedAfterMs);
        } catch {
          if (index % 2 === 0 || !cutEarly) refused += 1;
        }
      }
      proxy.breakAll();
      for (const [index, viewer] of viewers.entries()) {
        if (index % 2 === 0) await viewer.close();
        else viewer.cancel();
      }
    };
    const waves = async (count: number) => {
      for (let turn = 0; turn < count / TOGETHER; turn += 1) await wave(turn);
      await sleep(SETTLED_MS);
      const { sockets = 0 } = await system.insides!.heap(pid);
      const { descriptors } = sizeOf([pid]);
      if (!quick) {
        await sleep(FORGOTTEN_MS);
        const next = new Viewer({ person }, rack.consoles[0]!.name);
        await next.opened;
        await next.close();
        await sleep(SETTLED_MS);
      }
      const { heapBytes = 0, unhandled = 0 } = await system.insides!.heap(pid);
      return { heapBytes, sockets, unhandled, descriptors };
    };
    await system.insides!.heap(pid);
    const before = await waves(quick ? WARM_UP / 10 : WARM_UP);
    attachMs.length = 0;
    const after = await waves(quick ? QUICK_ATTACHES : ATTACHES).finally(proxy.close);
    return {
      attached: attachMs.length,
      attachP50Ms: quantile(attachMs, 0.5),
      attachP99Ms: quantile(attachMs, 0.99),
      refused,
      descriptorsAdded: after.descriptors - before.descriptors,
      socketsAdded: after.sockets - before.sockets,
      heapGrowthMib: (after.heapBytes - before.heapBytes) / 2 ** 20,
      unhandled: after.unhandled,
    };
  },
  targets: [
    { figure: "refused", of: "confed", atMost: 0, quickAtMost: 0 },
    { figure: "descriptorsAdded", of: "confed", atMost: 0, quickAtMost: 0 },
    { figure: "socketsAdded", of: "confed", atMost: 0, quickAtMost: 0 },
    { figure: "heapGrowthMib", of: "confed", atMost: 2, quickAtMost: 2 },
    { figure: "unhandled", of: "confed", atMost: 0, quickAtMost: 0 },
  ],
  slow: true,
};
