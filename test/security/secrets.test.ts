import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { consoleTable, startRack } from "@confed/simulator";
import { ConfedRig, descendantsOf, runConfed } from "@confed/testkit";
import { expect, test } from "vitest";

// F46. Canaries are put wherever a secret may stand, what can go wrong with them goes wrong, and then
// everything that others can read is searched for them.

test("no secret is in arguments, logs, states, records, answers or the environment of programs", async () => {
  const rig = new ConfedRig();
  const canary = { file: "canary-in-a-file-7fd1", env: "canary-in-the-env-93ac", url: "canary-typed-e11b" };
  await using rack = await startRack({ consoles: 2, mode: "echo", sshPort: 0 });
  const [one, two] = consoleTable(rack, "ssh");
  const knownHosts = join(rig.directory, "known_hosts");
  const host = (index: number) => `[${rack.addressOf(index)}]:${rack.sshPort} ${rack.sshHostKey}\n`;
  writeFileSync(knownHosts, host(0) + host(1));
  const password = join(rig.directory, "password");
  writeFileSync(password, `${canary.file}\n`, { mode: 0o600 });
  const head = await rig.startHead();
  const shared = { knownHosts, retry: { first: "1h", max: "1h" } };
  const agent = await rig.startAgent({
    heads: [head.address],
    env: { BMC_PASSWORD: canary.env },
    consoles: [
      { ...one!, ...shared, password: { file: password } },
      { ...two!, ...shared, password: { env: "BMC_PASSWORD" } },
      // Its environment is what it prints: only what its own entry says.
      { name: "child", transport: "exec", argv: ["/bin/sh", "-c", "env; echo printed; exec sleep 600"] },
    ],
  });
  const names = [rack.consoleName(0), rack.consoleName(1)];
  for (const name of names) {
    const shown = await rig.watch(head).shows(name, "WAITING");
    expect(shown.cause?.code).toBe("auth_failed");
  }
  const viewer = rig.attach(agent, { console: "child", replayLines: 100 });
  await viewer.saw("printed");

  const said: string[] = [viewer.output.toString(), agent.process.said, head.process.said];
  for (const args of [
    ["ls"],
    ["ls", "--json"],
    ["info", names[0] ?? ""],
    ["info", names[1] ?? "", "--json"],
  ]) {
    const run = rig.rcons(head, ...args);
    await run.exited;
    said.push(run.output, run.stderr);
  }
  const config = join(rig.directory, "sn01.json");
  for (const args of [
    ["check", config],
    ["status", "--agent", agent.address],
    ["audit", "show", "-c", config],
  ]) {
    const { stdout, stderr } = await runConfed(args);
    said.push(stdout, stderr);
  }
  // A secret in the place of a reference to one is a fault, which does not repeat it.
  const wrong = join(rig.directory, "wrong.jsonl");
  writeFileSync(wrong, `${JSON.stringify({ ...one!, password: canary.url })}\n`);
  const refused = await runConfed(["check", wrong]);
  expect(refused.status).toBe(2);
  said.push(refused.stdout, refused.stderr);

  for (const process of [agent.process, head.process]) {
    for (const pid of [process.pid, ...descendantsOf(process.pid).map((each) => each.pid)]) {
      said.push(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
    }
  }
  const program = descendantsOf(agent.process.pid).find(({ command }) => command.startsWith("sleep 600"));
  said.push(readFileSync(`/proc/${program?.pid}/environ`, "utf8"));
  for (const directory of [agent.stateDir, head.stateDir, join(rig.directory, "sn01-logs")])
    said.push(...filesOf(directory));

  expect(said.join("\n")).toContain("refused password");
  for (const secret of Object.values(canary)) {
    expect(said.filter((text) => text.includes(secret)).map((text) => text.slice(0, 400))).toEqual([]);
  }
});

test("nothing is dumped of a process that dies: the units say so, and their files are their own", () => {
  for (const name of ["confed-agent", "confed-head"]) {
    const unit = readFileSync(new URL(`../../deploy/systemd/${name}.service`, import.meta.url), "utf8");
    expect(unit).toMatch(/^LimitCORE=0$/m);
    expect(unit).toMatch(/^StateDirectoryMode=0700$/m);
  }
});

function filesOf(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true })
    .map((name) => join(directory, String(name)))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, "latin1"));
}
