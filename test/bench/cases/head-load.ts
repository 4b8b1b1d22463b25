import { parseHostPort, systemClock } from "@confed/kernel";
import { generateSigningKey } from "@confed/trust";
import { messageCodec, type ResolveResponseReceived } from "@confed/wire";
import type { Case } from "../case.ts";
import { sleep } from "../fleet.ts";
import { cpuPercentOf, treeLike } from "../measure/process-tree.ts";
import { quantile } from "../measure/quantile.ts";
import { randomOf } from "../measure/random.ts";
import { connectRawCaller } from "../measure/raw-caller.ts";
import { RssPeak, rssBytesOf } from "../measure/rss.ts";
import { type Federation, startFederation } from "../systems/federation.ts";

const SITE = { agents: 100, consoles: 1_000, changesPerSecond: 1_000 };
const QUICK_SITE = { agents: 20, consoles: 100, changesPerSecond: 200 };
const RESOLVES_PER_SECOND = 500;
/** Who asks. One connection may have 256 calls open, and here more are when the head stands still for half a second. */
const PEOPLE = 10;
/**
 * V8 looks through the old objects once in 50 s here, for half a second: in 20 s it would do so by luck, and be all of
 * the p99 then.
 */
const LOAD_MS = 60_000;
/** A head ends a store that has not answered for half a minute. */
const HANG_MS = 25_000;
const QUICK_LOAD_MS = 8_000;
const CHANGES_MS = 20_000;
/** Just-in-time code is made, the garbage of the joins is gone. */
const SETTLE_MS = 5_000;
/**
 * Of resolves, before any is measured. A head serves for months; for its first 10,000 answers V8 still makes its code,
 * which takes a third more processor time for each (1.8 s in 5 s, 1.35 s in the end).
 */
const WARM_UP_MS = 20_000;
const QUICK_WARM_UP_MS = 4_000;
const SEED = 4;

/** What a head costs that knows a whole site, and how soon it answers where a console is. */
export const headLoad: Case = {
  name: "head-load",
  about: "a head with 100 agents x 1,000 consoles, 1,000 changes/s, 500 resolves/s",
  systems: ["confed"],
  fleet: () => ({ consoles: 2, own: "head-load", unverified: true }),
  async run({ system, dir, settings }, quick) {
    // The fleet's own head and agent would be in the way.
    await system.stop();
    const site = quick ? QUICK_SITE : SITE;
    const federation = await startFederation(site, `${dir}/head`, settings.profileDir);
    let peak: RssPeak | undefined;
    try {
      const startRssBytes = rssBytesOf(federation.headPid);
      await sleep(quick ? 1_000 : SETTLE_MS);
      if (settings.profileDir !== undefined) await federation.insides.startProfiles([federation.headPid]);
      const changesMs = quick ? QUICK_LOAD_MS : CHANGES_MS;
      const changesOnly = await cpuPercentOf(federation.headPid, () => sleep(changesMs));
      peak = new RssPeak(federation.headPid);
      await resolved(federation, site, quick ? QUICK_WARM_UP_MS : WARM_UP_MS);
      const loadMs = quick ? QUICK_LOAD_MS : LOAD_MS;
      let resolveMs: readonly number[] = [];
      const cpuPercent = await cpuPercentOf(federation.headPid, async () => {
        resolveMs = await resolved(federation, site, loadMs);
      });
      const hangMs = quick ? QUICK_LOAD_MS : HANG_MS;
      const hungMs = await whileStoreHangs(federation, () => resolved(federation, site, hangMs));
      const headRssMib = Math.max(peak.end(), startRssBytes) / 2 ** 20;
      if (settings.profileDir !== undefined) await federation.insides.endProfiles([federation.headPid]);
      return {
        headRssMib,
        cpuPercent,
        cpuPercentOfChanges: changesOnly,
        resolves: resolveMs.length,
        resolveP50Ms: quantile(resolveMs, 0.5),
        resolveP99Ms: quantile(resolveMs, 0.99),
        resolveMaxMs: Math.max(...resolveMs),
        resolveP50MsStoreHangs: quantile(hungMs, 0.5),
        resolveP99MsStoreHangs: quantile(hungMs, 0.99),
      };
    } finally {
      peak?.end();
      await federation.stop();
    }
  },
  targets: [
    { figure: "headRssMib", of: "confed", atMost: 350, quickAtMost: 350 },
    { figure: "cpuPercent", of: "confed", atMost: 30, quickAtMost: 60 },
    { figure: "resolveP50Ms", of: "confed", atMost: 1, quickAtMost: 5 },
    { figure: "resolveP99Ms", of: "confed", atMost: 5, quickAtMost: 50 },
    { figure: "resolveP50MsStoreHangs", of: "confed", atMost: 1, quickAtMost: 5 },
    { figure: "resolveP99MsStoreHangs", of: "confed", atMost: 5, quickAtMost: 50 },
  ],
};

/** With the store's process as it is when its disk hangs, and somebody who wants to write. */
async function whileStoreHangs<T>({ headPid, person }: Federation, run: () => Promise<T>): Promise<T> {
  const [store] = treeLike([headPid], "store-main");
  if (store === undefined) throw new Error("the head has no store process");
  const channel = person.head();
  process.kill(store, "SIGSTOP");
  try {
    const editBinding = { to: "user:late", addRoles: ["viewer"] };
    const written = channel.client.administer({ editBinding }, { signal: new AbortController().signal }).then(
      () => {
        throw new Error("the store did not hang");
      },
      () => undefined,
    );
    const [answer] = await Promise.all([run(), written]);
    return answer;
  } finally {
    process.kill(store, "SIGCONT");
    channel.close();
  }
}

/** Resolves consoles at random at the rate, whether earlier ones are answered or not; the milliseconds of each. */
async function resolved(
  { headAddress, person, consoleName }: Federation,
  { agents, consoles }: typeof SITE,
  lengthMs: number,
): Promise<readonly number[]> {
  // How long ten handshakes take at once is another question.
  const people = await Promise.all(
    Array.from({ length: PEOPLE }, () => connectRawCaller(parseHostPort(headAddress), person.material)),
  );
  // Tickets are wanted, for the direct way and for the relay.
  const { publicKey: clientKey } = generateSigningKey();
  const ask = (turn: number, console: string) =>
    people[turn % PEOPLE]!.resolve({ console, verbs: ["write"], clientKey });
  checkAnswer(await ask(0, consoleName(0, 0)));
  const random = randomOf(SEED);
  const times: number[] = [];
  const running = new Set<Promise<void>>();
  const startMs = systemClock.nowMs();
  for (let sent = 0; systemClock.nowMs() - startMs < lengthMs; ) {
    const due = ((systemClock.nowMs() - startMs) * RESOLVES_PER_SECOND) / 1_000;
    for (; sent < due; sent += 1) {
      const console = consoleName(Math.floor(random() * agents), Math.floor(random() * consoles));
      const beganMs = systemClock.nowMs();
      const one = ask(sent, console).then(() => {
        times.push(systemClock.nowMs() - beganMs);
        running.delete(one);
      });
      running.add(one);
    }
    await sleep(1);
  }
  await Promise.all(running);
  for (const person of people) person.close();
  return times;
}

/** A way to the agent, and leave to use it. */
function checkAnswer(answer: Buffer): void {
  const { direct } = messageCodec("ResolveResponse").decode(answer) as ResolveResponseReceived;
  if ((direct[0]?.ticket ?? null) === null) throw new Error("the head gave no ticket");
}
