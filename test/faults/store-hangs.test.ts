import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import { runConfed } from "@confed/testkit";
import { generateSigningKey } from "@confed/trust";
import { type Client, openChannel } from "@confed/wire";
import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "../security/cluster.ts";

// F14, the head's disk: whoever waits for it is the store's process, and nobody who asks where a console is.

/** So many ask, each again 20 ms after it was answered: 500 a second, where the machine has time for it. */
const PEOPLE = 10;
const PAUSE_MS = 20;
/** Longer than a write is waited for. */
const SPAN_MS = 6_000;
/**
 * Whoever waited for the store would not be answered within two seconds, the deadline of a resolve. What is promised is 1
 * and 5 ms, of a machine that has nothing else to do: scripts/bench --only head-load.
 */
const P50_MS_MAX = 250;

/** The times of resolves, sorted. Rejects if one is not answered. */
async function resolved(client: Client<"Head">): Promise<readonly number[]> {
  const { publicKey: clientKey } = generateSigningKey();
  const startMs = systemClock.nowMs();
  const times: number[] = [];
  const ask = async () => {
    while (systemClock.nowMs() - startMs < SPAN_MS) {
      const beganMs = systemClock.nowMs();
      const { signal } = new AbortController();
      const asked = { console: "n1", verbs: ["write"], clientKey };
      const { direct, status } = await client.resolve(asked, { signal });
      times.push(systemClock.nowMs() - beganMs);
      expect(direct[0]?.ticket?.body.byteLength).toBeGreaterThan(0);
      expect(status?.owner).toBe("sn01");
      await new Promise<void>((resolve) => {
        systemClock.after(PAUSE_MS, resolve);
      });
    }
  };
  await Promise.all(Array.from({ length: PEOPLE }, ask));
  return times.sort((a, b) => a - b);
}

test("a head whose store hangs resolves as ever, refuses changes by name in time, and takes them after it, twice", async () => {
  const cluster = new Cluster();
  const head = await cluster.head();
  const { config } = await cluster.enrolled(head);
  const agent = cluster.agent("sn01", config);
  await agent.start();
  await head.process.logged("agent synced", { agent: "sn01" });
  const channel = openChannel("Head", `unix:${join(head.state, "control", "head.sock")}`);
  onTestFinished(() => {
    channel.close();
  });
  const { pid } = head.process.childLike("store-main");
  onTestFinished(() => {
    try {
      process.kill(pid, "SIGCONT");
    } catch {
      // It has ended with its head.
    }
  });
  for (const time of [1, 2]) {
    process.kill(pid, "SIGSTOP");
    const add = (name: string) => runConfed(["user", "add", name, "--no-password", "-c", head.config]);
    const [times, refused] = await Promise.all([resolved(channel.client), add(`late${time}`)]);
    expect(times[Math.floor(times.length / 2)]).toBeLessThan(P50_MS_MAX);
    expect(refused).toMatchObject({
      status: 9,
      stderr: expect.stringContaining("the head's store is too slow"),
    });
    process.kill(pid, "SIGCONT");
    expect(await add(`after${time}`)).toMatchObject({ status: 0 });
  }
  const { stdout } = await runConfed(["user", "ls", "-c", head.config]);
  expect(stdout).toMatch(/after1[\s\S]*after2/);
}, 60_000);
