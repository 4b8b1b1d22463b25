import { cpSync } from "node:fs";
import { join } from "node:path";
import { IdentityKeeper } from "@confed/agent/identity";
import { silentLogger, systemClock } from "@confed/kernel";
import { freePort, RconsRun, runConfed, startSocketConsole, tellOnFailure } from "@confed/testkit";
import { openChannel } from "@confed/wire";
import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "./cluster.ts";

// Somebody has the host of a second head, its key and its certificate; it was revoked at the first.

const DROPPED_MS_MAX = 10_000;
/** All of them are on one host: for one that is hung up on the others would suffer. */
const trusting = { trustedSources: ["127.0.0.1"] };
const signal = new AbortController().signal;

/** What an agent says to somebody who comes with this identity. */
async function knock(identity: string, address: string): Promise<string> {
  const provider = IdentityKeeper.open(identity, {
    ...{ clock: systemClock, logger: silentLogger, renewAt: [] },
    resolveHost: () => Promise.resolve([]),
  });
  if (provider === undefined) throw new Error(`no identity in ${identity}`);
  const channel = openChannel("Agent", address, { provider });
  try {
    await channel.client.inspect({ console: "n1" }, { signal });
    return "ok";
  } catch (reason) {
    return (reason as { readonly code: string }).code;
  } finally {
    channel.close();
    provider.stop();
  }
}

test("a head that is revoked is dropped by its agents within 10 s and believed no more, also after a restart, until it is enrolled anew, twice", async () => {
  const cluster = new Cluster();
  const device = await startSocketConsole({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => device.close());
  const [port1, port2, port3] = [await freePort(), await freePort(), await freePort()];
  const first = await cluster.head("head1", {
    id: "head1",
    tls: "on",
    listen: `127.0.0.1:${port1}`,
    ...trusting,
  });
  const ask = async (args: readonly string[], input?: string) => {
    const run = await runConfed([...args, "-c", first.config], { input });
    expect(run).toMatchObject({ status: 0 });
    return run.stdout;
  };
  const listen = `127.0.0.1:${port2}`;
  let second = await cluster.follower(first, "head2", { listen, ...trusting });
  const { config } = await cluster.enrolled(first, {
    consolePort: (device.server.address() as { readonly port: number }).port,
    heads: [first.address, second.address],
    listen: `127.0.0.1:${port3}`,
    ...trusting,
  });
  const agent = cluster.agent("sn01", config);
  const { address } = await agent.start();
  for (const head of [first, second]) await head.process.logged("agent synced", { agent: "sn01" });
  await ask(["user", "add", "anna"], "correct horse\n");
  await ask(["grant", "user:anna", "operator"]);
  const env = {
    CONFED_CREDENTIALS: join(cluster.directory, "credentials.json"),
    CONFED_HEAD: `${first.address},${second.address}`,
  };
  const pin = /pin (\S+)/.exec(await ask(["ca", "show"]))?.[1] ?? "";
  const login = new RconsRun(["login", "anna", "--pin", pin], env);
  await login.type("correct horse\n");
  login.endInput();
  expect(await login.exited, login.said).toBe(0);

  for (const time of [1, 2]) {
    const stolen = join(cluster.directory, `stolen${time}`);
    cpSync(join(second.state, "identity"), stolen, { recursive: true });
    // It may come; what it asks for it would need somebody's ticket for.
    expect(await knock(stolen, String(address))).toBe("unauthenticated");
    const relay = new RconsRun(["--head", second.address, "--route", "relay", "n1"], env);
    await relay.told("relay ");
    tellOnFailure(() => relay.said);

    const [from, left] = [agent.lines.length, second.process.lines.length];
    const fromMs = systemClock.nowMs();
    await ask(["head", "revoke", "head2"]);
    await agent.logged("heads were revoked", { heads: "head2" }, from);
    const cause = `[head_unreachable] head ${second.address} cannot be reached: the certificate of head head2 is locked out`;
    const lost = { address: second.address, cause };
    await second.process.logged("agent left", { agent: "sn01" }, left);
    await expect.poll(() => knock(stolen, String(address))).toBe("agent_unreachable");
    expect(systemClock.nowMs() - fromMs).toBeLessThan(DROPPED_MS_MAX);
    // Whoever was there through it is not there any more.
    await relay.told(/\[rcons \d/);
    await relay.kill();

    // Of a fresh process the memory is the disk's, whoever answers first.
    await first.process.stop();
    await agent.stop();
    await agent.start();
    await agent.logged("head lost", lost);
    await first.process.start();
    await agent.logged("joined head", { head: "head1" });

    await second.process.stop();
    const token = await cluster.token(first, "--head", "head2");
    const enroll = ["head", "enroll", "--head", first.address, "--token", token, "-c", second.config];
    expect(await runConfed(enroll)).toMatchObject({ status: 0 });
    second = await cluster.head("head2", { id: "head2", heads: [first.address], listen, ...trusting });
    await agent.logged("joined head", { head: "head2" });
    expect(await knock(stolen, String(address))).toBe("agent_unreachable");
  }
}, 90_000);
