import { createPublicKey } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { enroll, IdentityKeeper, identityDirectory } from "@confed/agent/identity";
import { localSocketOf, startHead } from "@confed/head";
import { type Logger, parseHostPort, silentLogger, systemClock } from "@confed/kernel";
import { ConfedRun, runConfed } from "@confed/testkit";
import { makeKeyPem } from "@confed/trust/certificates";
import { openChannel } from "@confed/wire";
import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "./cluster.ts";

test("an agent is enrolled by a token, joins in TLS, and may claim what its token says", async () => {
  const cluster = new Cluster();
  const head = await cluster.head();
  const { config, identity } = cluster.agentConfig([head.address], {
    tls: "on",
    consoles: ["n1", "n2", "x9"],
  });
  const without = await runConfed(["agent", "--config", config]);
  expect(without).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("confed token create --agent sn01"),
  });

  const token = await cluster.token(head, "--agent", "sn01", "--consoles", "n[1-2]");
  const how = ["agent", "enroll", "--head", head.address, "--token", token, "-c", config];
  expect(await runConfed(how)).toMatchObject({ status: 0, stdout: expect.stringContaining("enrolled") });
  expect(readdirSync(identity).sort()).toEqual(["certificate.pem", "key.pem", "machines.pem", "users.pem"]);
  for (const name of readdirSync(identity))
    expect(statSync(join(identity, name)).mode & 0o777, name).toBe(0o600);

  const agent = cluster.agent("sn01", config);
  await agent.start();
  await head.process.logged("agent synced", { agent: "sn01", consoles: 2 });
  expect(await head.process.logged("claims refused", { agent: "sn01" })).toMatchObject({
    cause: "agent sn01 claims x9, but may have n[1-2] only",
  });

  // Somebody else with the same token, which was seen in a list of processes.
  const thief = cluster.agentConfig([head.address], { place: "thief" });
  const stolen = await runConfed([
    "agent",
    "enroll",
    "--head",
    head.address,
    "--token",
    token,
    "-c",
    thief.config,
  ]);
  expect(stolen).toMatchObject({ status: 4, stderr: expect.stringContaining("was used already") });
  await head.process.logged("a spent token was used", { agent: "sn01" });

  expect(await runConfed(["agent", "revoke", "sn01", "-c", head.config])).toMatchObject({ status: 0 });
  await agent.logged("head lost");
  const listed = await runConfed(["agent", "ls", "-c", head.config]);
  expect(listed.stdout).toMatch(/sn01 +revoked +1 .* n\[1-2\]/);
});

test("an agent without a certificate, or with one of another cluster, does not join", async () => {
  const cluster = new Cluster();
  const head = await cluster.head();
  const other = await cluster.head("other");
  const { config } = cluster.agentConfig([head.address, other.address]);
  const token = await cluster.token(head, "--agent", "sn01");
  const wrong = await runConfed(["agent", "enroll", "--head", other.address, "--token", token, "-c", config]);
  expect(wrong).toMatchObject({
    status: 6,
    stderr: expect.stringContaining("does not belong to the cluster of this token"),
  });
  // Nothing was said there: the token is good still.
  const right = await runConfed(["agent", "enroll", "--head", head.address, "--token", token, "-c", config]);
  expect(right.status).toBe(0);
  const agent = cluster.agent("sn01", config);
  await agent.start();
  await head.process.logged("agent joined", { agent: "sn01" });
  await agent.logged("head lost", { address: other.address });
  expect(other.process.lines.filter(({ message }) => message === "agent joined")).toEqual([]);
});

test("a diskless host rejoins by approval: it waits, is shown with its fingerprint, and goes on when approved", async () => {
  const cluster = new Cluster();
  const head = await cluster.head();
  const token = await cluster.token(head, "--agent", "sn01", "--rejoin", "--approve");
  for (const boot of ["first", "second"]) {
    const { config, state } = cluster.agentConfig([head.address]);
    rmSync(state, { recursive: true, force: true });
    const run = new ConfedRun(["agent", "enroll", "--head", head.address, "--token", token, "-c", config]);
    const [, fingerprint = ""] = await run.printed(/fingerprint ([0-9a-f]{64})/);
    const listed = await runConfed(["agent", "ls", "-c", head.config]);
    expect(listed.stdout, boot).toContain("waiting for approval");
    const wrong = await runConfed(["agent", "approve", "sn01", "0".repeat(64), "-c", head.config]);
    expect(wrong.status).toBe(3);
    expect(existsSync(join(state, "identity", "certificate.pem"))).toBe(false);
    expect(await runConfed(["agent", "approve", "sn01", fingerprint, "-c", head.config])).toMatchObject({
      status: 0,
    });
    expect(await run.exited).toBe(0);
  }
});

test("a diskless host rejoins at each boot by the key that was registered for it, and nobody else does by its token", async () => {
  const cluster = new Cluster();
  const head = await cluster.head();
  const [own = "", other = ""] = ["own", "other"].map((name) => {
    const path = join(cluster.directory, `${name}.pem`);
    writeFileSync(path, makeKeyPem(), { mode: 0o600 });
    return path;
  });
  const registered = join(cluster.directory, "own.pub");
  writeFileSync(registered, createPublicKey(readFileSync(own)).export({ type: "spki", format: "pem" }));
  const wish = ["--agent", "sn01", "--rejoin", "--key", registered, "--consoles", "n1"];
  const token = await cluster.token(head, ...wish);
  for (const boot of ["first", "second"]) {
    const from = head.process.lines.length;
    const { config, state } = cluster.agentConfig([head.address], { tls: "on", consoles: ["n1", "x9"] });
    rmSync(state, { recursive: true, force: true });
    const how = ["agent", "enroll", "--head", head.address, "--token", token, "-c", config];
    for (const key of [[], ["--key", other]]) {
      const stolen = await runConfed([...how, ...key]);
      expect(stolen, boot).toMatchObject({
        status: 4,
        stderr: expect.stringContaining("bound to another key"),
      });
      expect(existsSync(join(state, "identity", "certificate.pem"))).toBe(false);
    }
    expect(await runConfed([...how, "--key", own]), boot).toMatchObject({ status: 0 });
    const agent = cluster.agent(`sn01-${boot}`, config);
    await agent.start();
    await head.process.logged("agent synced", { agent: "sn01", consoles: 1 }, from);
    expect(await head.process.logged("claims refused", { agent: "sn01" }, from)).toMatchObject({
      cause: "agent sn01 claims x9, but may have n1 only",
    });
    await agent.stop();
  }
});

test.each([
  ["nobody answers", ["--head", "127.0.0.1:1"], 8, "head 127.0.0.1:1 cannot be reached: ", "is it running?"],
  ["its key is not there", ["--key", "/nowhere/key.pem"], 2, "no key in /nowhere/key.pem", "is it there"],
  ["its token is not there", ["--token", "@/nowhere/token"], 2, "no token in /nowhere/token", "is it there"],
  [
    "the token is another's",
    [],
    2,
    "the certificate request for other is refused",
    "has another one used it?",
  ],
] as const)("who enrols is told what to do when %s", async (_what, more, status, message, hint) => {
  const cluster = new Cluster();
  const head = await cluster.head();
  const { config } = cluster.agentConfig([head.address]);
  const token = await cluster.token(head, "--agent", "other");
  // Of an option that is given twice, the last one counts.
  const how = ["agent", "enroll", "--head", head.address, "--token", token, "-c", config, ...more];
  const { status: ended, stderr } = await runConfed(how);
  expect(ended).toBe(status);
  expect(stderr).toContain(message);
  expect(stderr).toContain(hint);
  expect(stderr).not.toMatch(/^confed: \w+: |^confed: connect /);
});

test("a second head is enrolled as agents are, takes joins, and says that it enrols nobody", async () => {
  const cluster = new Cluster();
  const first = await cluster.head();
  const { hostname } = await import("node:os");
  const state = join(cluster.directory, "second");
  const config = cluster.file("second", { head: { listen: "127.0.0.1:0", state, heads: [first.address] } });
  const token = await cluster.token(first, "--head", hostname());
  const enrolled = await runConfed([
    "head",
    "enroll",
    "--head",
    first.address,
    "--token",
    token,
    "-c",
    config,
  ]);
  expect(enrolled).toMatchObject({ status: 0 });
  const second = await cluster.head("second", { heads: [first.address] });
  const { config: agentConfig } = cluster.agentConfig([first.address, second.address]);
  const agentToken = await cluster.token(first, "--agent", "sn01");
  const elsewhere = await runConfed([
    "agent",
    "enroll",
    "--head",
    second.address,
    "--token",
    agentToken,
    "-c",
    agentConfig,
  ]);
  expect(elsewhere).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`at ${first.address}, which does`),
  });
  const here = await runConfed([
    "agent",
    "enroll",
    "--head",
    first.address,
    "--token",
    agentToken,
    "-c",
    agentConfig,
  ]);
  expect(here.status).toBe(0);
  await cluster.agent("sn01", agentConfig).start();
  await first.process.logged("agent joined", { agent: "sn01" });
  await second.process.logged("agent joined", { agent: "sn01" });
});

test("a certificate is renewed at half of its life, and a copy of an identity locks both when it renews", async () => {
  const directory = mkdtempSync(join(tmpdir(), "confed-renew-"));
  const errors: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    error: (message, fields) => errors.push(`${message} ${JSON.stringify(fields)}`),
  };
  const stateDir = join(directory, "head");
  const head = await startHead(
    { listen: { host: "127.0.0.1", port: 0 }, stateDir, tls: "on" },
    {
      clock: systemClock,
      logger,
      version: "test",
      resolveHost: async (host) => [host],
      certificateMs: 6_000,
    },
  );
  const local = openChannel("Head", `unix:${localSocketOf(stateDir)}`);
  const stop = new AbortController();
  const keepers: IdentityKeeper[] = [];
  onTestFinished(async () => {
    for (const keeper of keepers) keeper.stop();
    local.close();
    await head.close();
    rmSync(directory, { recursive: true });
  });
  const at = parseHostPort(`127.0.0.1:${head.port}`);
  const { token } = await local.client.enrolment(
    { createToken: { machine: { kind: "agent", id: "sn01" } } },
    { signal: stop.signal },
  );
  const own = identityDirectory(join(directory, "sn01"));
  await enroll(
    { directory: own, id: "sn01", head: at, token },
    { clock: systemClock, signal: stop.signal, onPending: () => undefined },
  );
  const open = (place: string) => {
    const deps = { clock: systemClock, logger, resolveHost: async (host: string) => [host], renewAt: [at] };
    const keeper = IdentityKeeper.open(place, deps)!;
    keepers.push(keeper);
    return keeper;
  };
  const keeper = open(own);
  const firstEndMs = keeper.notAfterMs;
  const changed = () => new Promise<void>((resolve) => void keeper.watch(resolve));
  await changed();
  expect(keeper.notAfterMs).toBeGreaterThan(firstEndMs);
  expect(existsSync(join(own, "next-key.pem"))).toBe(false);
  const copy = identityDirectory(join(directory, "copy"));
  cpSync(own, copy, { recursive: true });
  await changed();
  // The copy asks for the renewal that its original has had.
  open(copy);
  await expect.poll(() => errors.join("\n"), { timeout: 20_000 }).toContain("an identity was cloned");
  // It is alarmed as soon as it is known, and locked when that is on the disk.
  await expect
    .poll(async () => (await local.client.enrolment({ list: {} }, { signal: stop.signal })).machines)
    .toMatchObject([{ state: "locked", why: expect.stringContaining("renewed twice") }]);
  await expect.poll(() => errors.join("\n"), { timeout: 20_000 }).toContain("confed agent unlock sn01");
});

test("an agent renews while it runs and stays joined, and its copy locks both out, with an alarm, until it is enrolled anew", async () => {
  const cluster = new Cluster();
  const errors: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    error: (message, fields) => errors.push(`${message} ${JSON.stringify(fields)}`),
  };
  const stateDir = join(cluster.directory, "head");
  const head = await startHead(
    { listen: { host: "127.0.0.1", port: 0 }, stateDir, tls: "on" },
    {
      clock: systemClock,
      logger,
      version: "test",
      resolveHost: async (host) => [host],
      certificateMs: 16_000,
    },
  );
  onTestFinished(() => head.close());
  const local = openChannel("Head", `unix:${localSocketOf(stateDir)}`);
  onTestFinished(() => {
    local.close();
  });
  const { signal } = new AbortController();
  const address = `127.0.0.1:${head.port}`;
  const enrol = async (config: string) => {
    const { token } = await local.client.enrolment(
      { createToken: { machine: { kind: "agent", id: "sn01" } } },
      { signal },
    );
    const how = ["agent", "enroll", "--head", address, "--token", token, "-c", config];
    expect(await runConfed(how)).toMatchObject({ status: 0 });
  };
  const machines = async () => (await local.client.enrolment({ list: {} }, { signal })).machines;
  const { config, identity } = cluster.agentConfig([address], { tls: "on" });
  await enrol(config);
  const agent = cluster.agent("sn01", config);
  await agent.start();
  await agent.logged("joined head");
  await agent.logged("the certificate was renewed");
  await agent.logged("the certificate was renewed", {}, agent.lines.length);
  expect(agent.lines.filter(({ message }) => message === "head lost")).toEqual([]);

  const copied = cluster.agentConfig([address], { tls: "on", place: "copy" });
  cpSync(identity, copied.identity, { recursive: true });
  const copy = cluster.agent("copy", copied.config);
  await copy.start();
  await expect.poll(() => errors.join("\n"), { timeout: 20_000 }).toContain("an identity was cloned");
  await expect
    .poll(machines)
    .toMatchObject([{ state: "locked", why: expect.stringContaining("renewed twice") }]);
  // Neither is believed now, though one of them was joined all the time.
  await agent.logged("head lost");
  const from = agent.lines.length;
  await copy.stop();
  await enrol(config);
  await agent.logged("joined head", {}, from);
  await expect.poll(machines).toMatchObject([{ state: "enrolled" }]);
}, 90_000);
