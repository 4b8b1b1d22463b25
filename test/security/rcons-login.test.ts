import { chmodSync, readFileSync, statSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import {
  audited,
  freePort,
  pamService,
  RconsRun,
  runConfed,
  skippedWithoutPam,
  startSocketConsole,
} from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "./cluster.ts";

/** A cluster of processes with one console, and anna, who may use it. */
async function annasCluster({ head: more = {} }: { readonly head?: object } = {}) {
  const cluster = new Cluster();
  const device = await startSocketConsole({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => device.close());
  const [headPort, agentPort] = [await freePort(), await freePort()];
  const head = await cluster.head("head", { tls: "on", listen: `127.0.0.1:${headPort}`, ...more });
  const { port } = device.server.address() as AddressInfo;
  const { config, state } = await cluster.enrolled(head, {
    consolePort: port,
    listen: `127.0.0.1:${agentPort}`,
  });
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
  return { cluster, device, head, agent, agentState: state, ask, env, rcons, pin, credentials };
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

test("a program is its user by an API token, from the environment or logged in with it, until the token is removed, twice", async () => {
  const { cluster, device, head, ask, rcons, pin, credentials, env } = await annasCluster();
  const ca = join(cluster.directory, "head/authority/machines.pem");
  for (const time of [1, 2]) {
    const made = await runConfed([
      "user",
      "token",
      "anna",
      "--note",
      `build ${time}`,
      "--ttl",
      "1d",
      "-c",
      head.config,
    ]);
    expect(made).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\S+\n$/) });
    const token = made.stdout.trim();
    const listed = (await runConfed(["user", "ls", "-c", head.config])).stdout;
    const id = /token (\S+) {2}until .* {2}build/.exec(listed)?.[1] ?? "";
    expect(token).toContain(id);
    expect(listed).not.toContain(token);

    const by = {
      CONFED_TOKEN: token,
      CONFED_CA: ca,
      CONFED_CREDENTIALS: join(cluster.directory, "none.json"),
    };
    expect(await rcons(["whoami"], "", by)).toMatchObject({
      status: 0,
      out: expect.stringContaining("anna"),
    });
    expect(await rcons(["ls"], "", by)).toMatchObject({ status: 0, out: expect.stringContaining("sn01") });
    expect(await rcons(["ls"], "", { ...by, CONFED_TOKEN: `${token}x` })).toMatchObject({ status: 4 });

    expect(await rcons(["login", "--token", "--pin", pin], "no token\n")).toMatchObject({ status: 4 });
    expect(await rcons(["login", "--token", "--pin", pin], `${token}\n`)).toMatchObject({
      status: 0,
      out: expect.stringContaining("as anna, by an API token"),
    });
    expect(statSync(credentials).mode & 0o777).toBe(0o600);
    for (const [route, who] of [
      ["direct", {}],
      ["relay", by],
    ] as const) {
      const run = new RconsRun(["--route", route, "n1"], { ...env, ...who });
      await run.told(`${route} `);
      await run.type(`${route} by token ${time}\r`);
      await expect.poll(() => device.received.bytes().toString()).toContain(`${route} by token ${time}`);
      run.endInput();
      expect(await run.exited, run.said).toBe(0);
    }

    await ask(["user", "token-rm", id]);
    expect(await rcons(["ls"])).toMatchObject({ status: 4 });
    expect(await rcons(["ls"], "", by)).toMatchObject({ status: 4 });
  }
}, 120_000);

test("with every head dead rcons comes in by the agent's local socket, audited as local, and by a head again when one is back, twice", async () => {
  const { device, head, agentState, env, rcons, pin } = await annasCluster();
  expect(await rcons(["login", "anna", "--pin", pin], "correct horse\n")).toMatchObject({ status: 0 });
  const socket = join(agentState, "control", "agent.sock");
  // Two heads, neither of which is there: the second never was.
  const local = { ...env, CONFED_AGENT_SOCKET: socket, CONFED_HEAD: `${head.address},127.0.0.1:1` };
  for (const time of [1, 2]) {
    await head.process.kill();
    expect(await rcons(["ls"], "", local)).toMatchObject({ status: 0, out: expect.stringContaining("n1") });
    const run = new RconsRun(["n1"], local);
    await run.told("[n1 on sn01");
    await run.type(`rescue ${time}\r`);
    await expect.poll(() => device.received.bytes().toString()).toContain(`rescue ${time}`);
    const who = await rcons(["info", "n1"], "", local);
    expect(who.out).toContain("local:admin (write)");
    run.endInput();
    expect(await run.exited, run.said).toBe(0);
    const audit = join(agentState, "audit");
    await audited(audit, { event: "attach.start", subject: "local:admin", console: "n1" });
    // Without that socket there is no way in for who was not here before.
    expect(
      await rcons(["ls"], "", { ...local, CONFED_AGENT_SOCKET: join(agentState, "none") }),
    ).toMatchObject({
      status: 8,
    });
    await head.process.start();
    await head.process.logged("agent synced", { agent: "sn01" });
    expect(await rcons(["whoami"], "", local)).toMatchObject({
      status: 0,
      out: expect.stringContaining("anna"),
    });
  }
}, 120_000);

test.skipIf(skippedWithoutPam !== "")(
  `the host's own users log in through a head by PAM, with their groups' roles, and nobody else, twice${skippedWithoutPam}`,
  async () => {
    const { program, service, users } = pamService({ root: "host pass", daemon: "other pass" });
    const { ask, device, env, head, pin, rcons } = await annasCluster({
      head: { pam: { program, service } },
    });
    await ask(["grant", "group:root", "operator"]);
    for (const time of [1, 2]) {
      expect(await rcons(["login", "root", "--pin", pin], "wrong\n")).toMatchObject({ status: 4 });
      expect(await rcons(["login", "nobody-such", "--pin", pin], `${users["root"]}\n`)).toMatchObject({
        status: 4,
      });
      expect(await rcons(["login", "root", "--pin", pin], `${users["root"]}\n`)).toMatchObject({
        status: 0,
        out: expect.stringContaining("as root, until"),
      });
      await audited(join(head.state, "audit"), { event: "login.ok", subject: "root" });
      const run = new RconsRun(["n1"], env);
      await run.told("[n1 on sn01");
      await run.type(`by PAM ${time}\r`);
      await expect.poll(() => device.received.bytes().toString()).toContain(`by PAM ${time}`);
      run.endInput();
      expect(await run.exited, run.said).toBe(0);
      // Somebody of the host without a role is known, and sees nothing.
      expect(await rcons(["login", "daemon", "--pin", pin], `${users["daemon"]}\n`)).toMatchObject({
        status: 0,
      });
      expect(await rcons(["ls"])).toMatchObject({
        status: 4,
        said: expect.stringContaining("roles do not allow"),
      });
      // A local password goes before PAM.
      expect(await rcons(["login", "anna", "--pin", pin], `${users["root"]}\n`)).toMatchObject({ status: 4 });
      // What the host takes from a user is taken at the next log-in; what he has ends when he is revoked.
      await ask(["user", "revoke", "user:root"]);
    }
  },
  120_000,
);
