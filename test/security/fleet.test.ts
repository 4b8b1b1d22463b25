import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfedRig, ConfedRun, RconsRun, runConfed, TestTls } from "@confed/testkit";
import { identifierFor } from "@confed/trust";
import { type ClientTlsMaterial, openChannel } from "@confed/wire";
import { expect, onTestFinished, test } from "vitest";

const ROUNDS = 2;

/** A head in TLS, simulated agents enrolled there, and a program with a token and a role. */
async function clusterOfSimulated(role: string) {
  const head = await new ConfedRig().startHead({ tls: "on" });
  const socket = join(head.stateDir, "control", "head.sock");
  const ask = async (...args: readonly string[]) => {
    expect(await runConfed([...args, "--socket", socket])).toMatchObject({ status: 0 });
  };
  await ask("user", "add", "bot", "--no-password");
  await ask("grant", "user:bot", role);
  const admin = openChannel("Head", `unix:${socket}`);
  const { signal } = new AbortController();
  const { token } = await admin.client.administer({ createApiToken: { user: "bot" } }, { signal });
  admin.close();
  const size = ["--agents", "20", "--consoles", "10"];
  const fleet = new ConfedRun(["sim", "fleet", "--head", head.address, ...size, "--socket", socket]);
  await fleet.told(/all simulated agents are joined joins=20/);
  const authority = join(head.stateDir, "authority", "machines.pem");
  const env = { CONFED_CA: authority, CONFED_TOKEN: token };
  const rcons = (...args: readonly string[]): RconsRun => {
    const run = new RconsRun(["--head", head.address, ...args], env);
    onTestFinished(() => run.kill());
    return run;
  };
  return { head, socket, fleet, rcons, authority };
}

test("simulated agents are enrolled, join in TLS and let in who has a ticket, also after their head was killed", async () => {
  const { head, fleet, rcons } = await clusterOfSimulated("operator");
  const direct = rcons("sim001-n0001");
  await direct.told("[sim001-n0001 on sim001");
  for (let round = 0; round <= ROUNDS; round += 1) {
    if (round > 0) {
      await head.process.kill();
      await direct.type(`without head ${round}\r`);
      await direct.printed(`without head ${round}`);
      await fleet.told(/no simulated agent is joined any more/);
      await head.restart();
      await fleet.told(new RegExp(`(all simulated agents are joined[^]*){${round + 1}}`));
    }
    const relayed = rcons("sim003-n0007", "--route", "relay");
    await relayed.told("[sim003-n0007 on sim003, relay");
    await relayed.type(`round ${round}\r`);
    await relayed.printed(`round ${round}`);
  }
  expect(direct.stderr).not.toMatch(/broke|back after/);
  fleet.signal("SIGTERM");
  expect(await fleet.exited).toBe(0);
});

test("a simulated agent lets nobody in without a ticket, and nobody write whose roles do not say so", async () => {
  const { socket, fleet, rcons, authority } = await clusterOfSimulated("viewer");
  const session = rcons("sim002-n0001");
  await session.told("[sim002-n0001 on sim002");
  await session.told(/read.only|view/);
  const pem = readFileSync(authority, "utf8");
  const provider = new TestTls<ClientTlsMaterial>({
    authorities: pem,
    identify: identifierFor({ machines: pem, users: pem }),
    lockedOut: new Set(),
  });
  const admin = openChannel("Head", `unix:${socket}`);
  const { signal } = new AbortController();
  const { direct } = await admin.client.resolve({ console: "sim002-n0001" }, { signal });
  const agent = openChannel("Agent", direct[0]!.address, { provider });
  onTestFinished(() => {
    for (const channel of [admin, agent]) channel.close();
  });
  await expect(agent.client.inspect({ console: "sim002-n0001" }, { signal })).rejects.toMatchObject({
    code: "unauthenticated",
  });
  const refused = new Promise((resolve) => {
    const stream = agent.client.attach({ signal });
    stream.receive(
      ({ end }) => {
        if (end) resolve(end.error?.code);
      },
      (error) => {
        resolve(error);
      },
    );
    stream.send({ open: { console: "sim002-n0001", mode: "WRITE", subject: "root@head" } });
  });
  expect(await refused).toBe("unauthenticated");
  fleet.signal("SIGTERM");
  expect(await fleet.exited).toBe(0);
});
