import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import { runConfed } from "@confed/testkit";
import { generateSigningKey } from "@confed/trust";
import { type Client, openChannel } from "@confed/wire";
import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "../security/cluster.ts";

// F14, the head's disk: whoever waits for it is the store's process, and nobody who asks where a console is.

const PER_SECOND = 500;
const SPAN_MS = 3_000;
/**
 * Whoever waited for the store would wait for five seconds. What is promised is 1 and 5 ms, of a machine that has
 * nothing else to do: scripts/bench --only head-load.
 */
const P50_MS_MAX = 50;
const P99_MS_MAX = 500;

/** The times of resolves at the rate, sorted; whether earlier ones are answered or not. */
async function resolved(client: Client<"Head">): Promise<readonly number[]> {
  const { publicKey: clientKey } = generateSigningKey();
  const startMs = systemClock.nowMs();
  const times: number[] = [];
  const running: Promise<unknown>[] = [];
  for (let sent = 0; systemClock.nowMs() - startMs < SPAN_MS; ) {
    const due = ((systemClock.nowMs() - startMs) * PER_SECOND) / 1_000;
    for (; sent < due; sent += 1) {
      const beganMs = systemClock.nowMs();
      const { signal } = new AbortController();
      const one = client.resolve({ console: "n1", verbs: ["write"], clientKey }, { signal });
      running.push(
        one.then(({ direct, status }) => {
          expect(direct[0]?.ticket?.body.byteLength).toBeGreaterThan(0);
          expect(status?.owner).toBe("sn01");
          times.push(systemClock.nowMs() - beganMs);
        }),
      );
    }
    await new Promise<void>((resolve) => {
      systemClock.after(1, resolve);
    });
  }
  await Promise.all(running);
  return times.sort((a, b) => a - b);
}

test("a head whose store hangs resolves as ever at 500/s, refuses changes by name in time, and takes them after it, twice", async () => {
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
    expect(times.length).toBeGreaterThan((PER_SECOND * SPAN_MS) / 1_000 / 2);
    expect(times[Math.floor(times.length * 0.5)]).toBeLessThan(P50_MS_MAX);
    expect(times[Math.floor(times.length * 0.99)]).toBeLessThan(P99_MS_MAX);
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("the head's store is too slow"),
    });
    process.kill(pid, "SIGCONT");
    expect(await add(`after${time}`)).toMatchObject({ status: 0 });
  }
  const { stdout } = await runConfed(["user", "ls", "-c", head.config]);
  expect(stdout).toMatch(/after1[\s\S]*after2/);
}, 60_000);
