import { chmodSync, readFileSync, statSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { freePort, RconsRun, runConfed, startSocketConsole } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "./cluster.ts";

/** A cluster of processes with one console, and anna, who may use it. */
async function annasCluster() {
  const cluster = new Cluster();
  const device = await startSocketConsole({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => device.close());
  const [headPort, agentPort] = [await freePort(), await freePort()];
  const head = await cluster.head("head", { tls: "on", listen: `127.0.0.1:${headPort}` });
  const { port } = device.server.address() as AddressInfo;
  const { config } = await cluster.enrolled(head, { consolePort: port, listen: `127.0.0.1:${agentPort}` });
  const agent = cluster.agent("sn01", config);
  await agent.start();
  await head.process.logged("agent synced", { agent: "sn01" });
  const ask = async (args: readonly string[], input?: string) => {
    expect(await runConfed([...args, "-c", head.config], { input })).toMatchObject({ status: 0 });
  };
  await ask(["user", "add", "anna"], "correct horse\n");
  await ask(["grant", "user:anna", "operator"]);
  const home = join(cluster.directory, "home");
  const env = { HOME: home, XDG_STATE_HOME: "", CONFED_CREDENTIALS: "", CONFED_HEAD: head.address };
  const rcons = async (args: readonly string[], input = "", more: Readonly<Record<string, string>> = {}) => {
    const run = new RconsRun(args, { ...env, ...more });
    await run.type(input);
    run.endInput();
    return { status: await run.exited, out: run.output, said: run.stderr };
  };
  const pin = /pin (\S+)/.exec((await runConfed(["ca", "show", "-c", head.config])).stdout)?.[1] ?? "";
  const credentials = join(home, ".local/state/confed/credentials.json");
  return { cluster, device, head, agent, env, rcons, pin, credentials };
}

test("rcons logs in by a pin and a password, attaches by tickets, comes back without the head, and logs out", async () => {
  const { device, head, agent, env, rcons, pin, credentials } = await annasCluster();
  expect(await rcons(["ls"])).toMatchObject({ status: 8 });
  expect(await rcons(["login", "anna"], "correct horse\n")).toMatchObject({
    status: 1,
    said: expect.stringContaining("--pin"),
  });
  const wrongPin = await rcons(["login", "anna", "--pin", "0".repeat(64)], "correct horse\n");
  expect(wrongPin).toMatchObject({ status: 6 });
  expect(await rcons(["login", "anna", "--pin", pin], "wrong\n")).toMatchObject({ status: 4 });
  expect(await rcons(["login", "anna", "--pin", pin], "correct horse\n")).toMatchObject({
    status: 0,
    out: expect.stringContaining("as anna, until"),
  });
  expect(statSync(credentials).mode & 0o777).toBe(0o600);
  expect(readFileSync(credentials, "utf8")).not.toContain("correct horse");
  expect(await rcons(["whoami"])).toMatchObject({ status: 0, out: expect.stringContaining("anna") });
  expect(await rcons(["ls"])).toMatchObject({ status: 0, out: expect.stringContaining("sn01") });

  for (const route of ["relay", "direct"]) {
    const run = new RconsRun(["--route", route, "n1"], env);
    await run.told(`${route} `);
    await run.type(`by ${route}\r`);
    await expect.poll(() => device.received.bytes().toString()).toContain(`by ${route}`);
    if (route === "direct") {
      // The head is dead and the agent starts anew: what it gave brings the session back.
      await head.process.kill();
      await agent.kill();
      await agent.start();
      await run.told("back");
      await run.type("headless\r");
      await expect.poll(() => device.received.bytes().toString()).toContain("headless");
    }
    run.endInput();
    expect(await run.exited, run.said).toBe(0);
  }
  await head.process.start();
  await head.process.logged("agent synced", { agent: "sn01" });

  // The head signs with another key now: the log-in is renewed, by many at once.
  const all = await Promise.all(Array.from({ length: 4 }, () => rcons(["ls"])));
  expect(all.map(({ status }) => status)).toEqual([0, 0, 0, 0]);

  expect(await rcons(["logout"])).toMatchObject({ status: 0, out: expect.stringContaining("logged out") });
  expect(await rcons(["ls"])).toMatchObject({ status: 4 });
  expect(readFileSync(credentials, "utf8")).not.toContain("refresh");
});

test("rcons does not use credentials that others can read, and says what to do", async () => {
  const { rcons, pin, credentials } = await annasCluster();
  await rcons(["login", "anna", "--pin", pin], "correct horse\n");
  chmodSync(credentials, 0o644);
  expect(await rcons(["ls"])).toMatchObject({ status: 4, said: expect.stringContaining("chmod 600") });
});
