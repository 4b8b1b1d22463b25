import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { consoleTable, startRack } from "@confed/simulator";
import { ConfedRig } from "@confed/testkit";
import { expect, test } from "vitest";

test("an ssh console with a wrong password says so, and works when the password is right", async () => {
  const rig = new ConfedRig();
  await using rack = await startRack({ consoles: 1, mode: "echo", sshPort: 0 });
  const name = rack.consoleName(0);
  const [entry] = consoleTable(rack, "ssh");
  const knownHosts = join(rig.directory, "known_hosts");
  const password = join(rig.directory, "password");
  writeFileSync(knownHosts, `[${rack.addressOf(0)}]:${rack.sshPort} ${rack.sshHostKey}\n`);
  writeFileSync(password, "wrong-secret\n", { mode: 0o600 });
  const head = await rig.startHead();
  const agent = await rig.startAgent({
    heads: [head.address],
    consoles: [{ ...entry!, password: { file: password }, knownHosts, retry: { first: "1h", max: "1h" } }],
  });
  const shown = await rig.watch(head).shows(name, "WAITING");
  expect(shown.cause?.code).toBe("auth_failed");

  for (const server of [head, agent]) {
    const ls = rig.rcons(server, "ls", "--state", "down");
    expect(await ls.exited).toBe(0);
    expect(ls.output).toMatch(new RegExp(`^${name} .*waiting.*refused password for root`, "m"));
    const info = rig.rcons(server, "info", name);
    expect(await info.exited).toBe(0);
    expect(info.output).toMatch(/^cause: +auth_failed: .*refused password for root/m);
    const attached = rig.rcons(server, name);
    await attached.told(/waiting: .*refused password for root/);
    await attached.kill();
    expect(ls.output + info.output + attached.stderr + agent.process.said).not.toContain("wrong-secret");
  }

  writeFileSync(password, `${rack.options.ssh.password}\n`);
  const reconnect = rig.rcons(head, "reconnect", name);
  expect(await reconnect.exited).toBe(0);
  await rig.watch(head).shows(name, "CONNECTED");
  const viewer = rig.attach(agent, { console: name });
  await viewer.whenOpened();
  viewer.type("hello\r");
  await viewer.saw("hello");
  expect(agent.process.said).not.toContain(rack.options.ssh.password);
});
