import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { freePort, RconsRun, runConfed, startSocketConsole } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "../security/cluster.ts";

// The writing head dies, hangs and comes back: a second one that follows it answers, as it was told last.

/** Two heads, an agent at both, and anna, who is logged in at the list of them. */
async function twoHeads() {
  const cluster = new Cluster();
  const device = await startSocketConsole({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => device.close());
  const [port1, port2] = [await freePort(), await freePort()];
  const first = await cluster.head("head1", { id: "head1", tls: "on", listen: `127.0.0.1:${port1}` });
  const second = await cluster.follower(first, "head2", { listen: `127.0.0.1:${port2}` });
  const { port: consolePort } = device.server.address() as AddressInfo;
  const heads = [first.address, second.address];
  const { config } = await cluster.enrolled(first, { consolePort, heads });
  const agent = cluster.agent("sn01", config);
  await agent.start();
  for (const head of [first, second]) await head.process.logged("agent synced", { agent: "sn01" });
  const ask = async (args: readonly string[], input?: string) => {
    expect(await runConfed([...args, "-c", first.config], { input })).toMatchObject({ status: 0 });
  };
  await ask(["user", "add", "anna"], "correct horse\n");
  await ask(["grant", "user:anna", "operator"]);
  const env = {
    HOME: join(cluster.directory, "home"),
    XDG_STATE_HOME: "",
    CONFED_CREDENTIALS: "",
    CONFED_HEAD: heads.join(","),
  };
  const rcons = async (args: readonly string[], input = "") => {
    const run = new RconsRun(args, env);
    await run.type(input);
    run.endInput();
    return { status: await run.exited, out: run.output, said: run.stderr };
  };
  const pin = /pin (\S+)/.exec((await runConfed(["ca", "show", "-c", first.config])).stdout)?.[1] ?? "";
  expect(await rcons(["login", "anna", "--pin", pin], "correct horse\n")).toMatchObject({ status: 0 });
  return { cluster, device, first, second, agent, ask, env, rcons };
}

test("a second head lists, resolves, attaches and relays while the first is dead, twice", async () => {
  const { device, first, second, ask, env, rcons } = await twoHeads();
  for (const time of [1, 2]) {
    await first.process.kill();
    expect(await rcons(["ls"])).toMatchObject({ status: 0, out: expect.stringContaining("n1") });
    for (const route of ["direct", "relay"]) {
      const run = new RconsRun(["--route", route, "n1"], env);
      await run.told(`${route} `);
      await run.type(`${route} ${time}\r`);
      await expect.poll(() => device.received.bytes().toString()).toContain(`${route} ${time}`);
      run.endInput();
      expect(await run.exited, run.said).toBe(0);
    }
    const refused = await runConfed(["user", "add", "eve", "--no-password", "-c", second.config]);
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`follows head1 at ${first.address}`),
    });
    expect(await runConfed(["token", "create", "--agent", "sn09", "-c", second.config])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("this head takes no changes"),
    });
    const socket = join(second.state, "control", "head.sock");
    const status = await runConfed(["status", "--socket", socket]);
    expect(status.stdout).toMatch(/follows +head head1 at .*, as of .+ ago, not connected/);
    const from = second.process.lines.length;
    await first.process.start();
    await second.process.logged("following the head that writes", {}, from);
    await ask(["user", "add", `new${time}`, "--no-password"]);
    await expect
      .poll(async () => (await runConfed(["user", "ls", "-c", second.config])).stdout)
      .toContain(`new${time}`);
    expect((await runConfed(["status", "--socket", socket])).stdout).toMatch(/as of \d+ m?s ago\n/);
  }
}, 120_000);
