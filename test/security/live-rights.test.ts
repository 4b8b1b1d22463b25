import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import { Attached, audited, auditRecords, RconsRun, runConfed, TestTls } from "@confed/testkit";
import { generateSigningKey, prove } from "@confed/trust";
import { type ClientTlsMaterial, openChannel } from "@confed/wire";
import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "./cluster.ts";

// F32, of people: what an administrator takes away is taken from who has it on his screen, in processes as a site
// has them: a head, an agent that was enrolled, and the commands.

const TAKEN_MS_MAX = 10_000;

/** A head and its agent, and the words of an administrator at the head. */
async function clusterWithAgent() {
  const cluster = new Cluster();
  const head = await cluster.head();
  const made = await cluster.enrolled(head);
  const agent = cluster.agent("sn01", made.config);
  await agent.start();
  await head.process.logged("agent synced", { agent: "sn01" });
  const ask = async (...args: readonly string[]) => {
    expect(await runConfed([...args, "-c", head.config])).toMatchObject({ status: 0 });
  };
  const socket = join(head.state, "control", "head.sock");
  return { head, ask, socket, audits: { head: join(head.state, "audit"), agent: join(made.state, "audit") } };
}

/** What somebody believes who has a copy of the authority of the machines. */
function trustOf(state: string): TestTls<ClientTlsMaterial> {
  const authorities = readFileSync(join(state, "authority", "machines.pem"), "utf8");
  return new TestTls<ClientTlsMaterial>({
    authorities,
    identify: ({ subjectAltName = "", serialNumber: serial }) => {
      const [, kind, id = ""] = /URI:spiffe:\/\/[^/]+\/(head|agent)\/([\w.-]+)$/.exec(subjectAltName) ?? [];
      if (kind !== "head" && kind !== "agent") return undefined;
      return { class: "machine", kind, id, fingerprint: "", serial };
    },
    lockedOut: new Set<string>(),
  });
}

test("a role that is taken away takes the keyboard, and a revocation the view, each with its reason, within 10 s, twice", async () => {
  const { head, ask, socket, audits } = await clusterWithAgent();
  await ask("user", "add", "bot", "--no-password");
  const admin = openChannel("Head", `unix:${socket}`);
  const { signal } = new AbortController();
  const { token } = await admin.client.administer({ createApiToken: { user: "bot" } }, { signal });
  const provider = trustOf(head.state);
  const bot = openChannel("Head", head.address, { provider, bearer: () => token });
  const closers: { close(): void }[] = [admin, bot];
  onTestFinished(() => {
    for (const channel of closers) channel.close();
  });
  for (const route of ["direct", "relay"] as const) {
    await ask("grant", "user:bot", "operator");
    const key = generateSigningKey();
    const resolved = await bot.client.resolve({ console: "n1", clientKey: key.publicKey }, { signal });
    const agent = openChannel("Agent", resolved.direct[0]?.address ?? "", { provider });
    closers.push(agent);
    const ticket = route === "direct" ? (resolved.direct[0]?.ticket ?? null) : resolved.relayTicket;
    const stream = (route === "direct" ? agent : bot).client.attach({ signal });
    const attached = new Attached(stream, { console: "n1", mode: "WRITE", ticket });
    await attached.until(() => attached.messages.some(({ hello }) => hello));
    const hello = attached.messages.find((message) => message.hello)?.hello;
    const challenge = {
      id: hello?.proveId ?? "",
      agent: hello?.agent ?? "",
      nonce: hello?.nonce ?? Buffer.alloc(0),
    };
    stream.send({ prove: { signature: prove(key, challenge) } });
    expect(await attached.whenOpened()).toMatchObject({ mode: "WRITE", subject: "bot" });
    const { sessionId } = await attached.whenOpened();

    let fromMs = systemClock.nowMs();
    await ask("grant", "user:bot", "viewer", "--remove", "operator");
    const change = () => attached.messages.find(({ modeChanged }) => modeChanged)?.modeChanged;
    await attached.until(() => change() !== undefined && change() !== null);
    expect(change()).toMatchObject({ mode: "VIEW", reason: "your roles do not allow it any more" });
    expect(systemClock.nowMs() - fromMs).toBeLessThan(TAKEN_MS_MAX);

    fromMs = systemClock.nowMs();
    await ask("user", "revoke", "user:bot");
    expect(await attached.whenEnded()).toMatchObject({
      code: "permission_denied",
      message: expect.stringContaining("your access was revoked"),
    });
    expect(systemClock.nowMs() - fromMs).toBeLessThan(TAKEN_MS_MAX);
    const said = attached.messages.flatMap(({ event }) => (event?.kind === "NOTICE" ? [event.text] : []));
    expect(said.at(-1)).toBe("your access was revoked; this session ends in 5 s");

    await audited(audits.agent, { event: "attach.end", session: sessionId });
    const of = (event: string) =>
      auditRecords(audits.agent).filter((record) => record.event === event && record.session === sessionId);
    expect(of("attach.mode")).toMatchObject([
      { text: "VIEW", details: { reason: "your roles do not allow it any more" } },
    ]);
    expect(of("attach.end")).toMatchObject([
      { subject: "bot", text: expect.stringContaining("was revoked") },
    ]);
    await ask("grant", "user:bot", "--remove", "viewer");
  }
  await audited(audits.agent, { event: "policy.received" });
  await audited(audits.head, { event: "access.revoked", subject: "local:admin" });
  const changes = () => auditRecords(audits.head).filter(({ event }) => event === "role.changed");
  await expect
    .poll(() => changes().map(({ details }) => details))
    .toMatchObject([
      { to: "user:bot", added: "operator" },
      { to: "user:bot", added: "viewer", removed: "operator" },
      { to: "user:bot", removed: "viewer" },
      { to: "user:bot", added: "operator" },
      { to: "user:bot", added: "viewer", removed: "operator" },
      { to: "user:bot", removed: "viewer" },
    ]);
  const records = auditRecords(audits.head);
  expect(records.filter(({ event }) => event === "user.changed")).toMatchObject([
    { subject: "local:admin", text: "added", details: { user: "bot", password: false } },
  ]);
  expect(JSON.stringify(records)).not.toContain(token);
}, 120_000);

test("rcons shows why a session ends: at once to who types from a pipe, and after 5 s to who watches", async () => {
  const { ask, socket } = await clusterWithAgent();
  const typist = new RconsRun(["--socket", socket, "n1"]);
  const viewer = new RconsRun(["--socket", socket, "-s", "n1"]);
  onTestFinished(() => Promise.all([typist.kill(), viewer.kill()]).then(() => undefined));
  for (const run of [typist, viewer]) await run.told(/\[n1 on sn01/);
  const fromMs = systemClock.nowMs();
  await ask("user", "revoke", "local:admin");
  expect(await typist.exited).toBe(4);
  expect(typist.stderr).toContain("[read-only: your access was revoked]");
  expect(typist.stderr).toContain("rcons: n1: your access was revoked");
  await viewer.told("your access was revoked; this session ends in 5 s");
  expect(await viewer.exited).toBe(4);
  expect(systemClock.nowMs() - fromMs).toBeLessThan(TAKEN_MS_MAX);
}, 60_000);
