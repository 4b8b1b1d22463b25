import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runConfed } from "@confed/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "confed-check-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function write(name: string, lines: readonly string[]): string {
  writeFileSync(join(dir, name), `${lines.join("\n")}\n`);
  return name;
}

// One of each kind that an operator meets; the corpus of every fault is the config package's.
const BAD_AGENT = [
  "agent:",
  "  id: sn 01", // 2: not a name
  '  listen: "0.0.0.0:seven"', // 3: no port
  "  heads: [head1, 127.0.0.1:99999]", // 4: no such port
  "  stat: /var/lib/confed", // 5: unknown key, and a missing one
  "logs: { path: /var/log/consoles/all.log }", // 6: no &
  "consoles:",
  "  - { name: ../etc, transport: tcp, host: h, port: 1 }", // 8: a name that leaves the directory
  "  - { name: n0001, transport: tpc, host: h, port: 1 }", // 9: unknown transport
  "  - { name: n0002, transport: tcp, host: h }", // 10: port missing
  "  - { name: n0003, transport: tcp, hots: h, port: 1 }", // 11: typing error
  "  - { name: n0004, transport: exec, argv: [] }", // 12: no program
  "  - { name: n0005, transport: tcp, host: h, port: 1 }",
  "  - { name: N0005, transport: tcp, host: h, port: 1 }", // 14: collides
  'include: [ "more.d/*.jsonl", missing.yaml ]', // 15: not there
];

test("confed check says every fault with file, line, column and a hint, and exits 2", async () => {
  write("agent.yaml", BAD_AGENT);
  mkdirSync(join(dir, "more.d"));
  write("more.d/a.jsonl", ['{"name":"n0006","transport":"tcp","host":"h","port":"x"}', "{ not json"]);
  const { status, stdout, stderr } = await runConfed(["check", "agent.yaml"], { cwd: dir });
  expect(status).toBe(2);
  expect(stdout).toBe("");
  const lines = stderr.trimEnd().split("\n");
  const faults = lines.slice(0, -1);
  for (const fault of faults) expect(fault).toMatch(/^(agent\.yaml|more\.d\/a\.jsonl):\d+:\d+: /);
  expect(lines.at(-1)).toBe(`confed: ${faults.length} faults in the configuration`);

  const linesOf = (file: string) =>
    new Set(
      faults.filter((fault) => fault.startsWith(`${file}:`)).map((fault) => Number(fault.split(":")[1])),
    );
  expect([...linesOf("agent.yaml")].sort((a, b) => a - b)).toEqual(
    expect.arrayContaining([2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 14, 15]),
  );
  expect(linesOf("agent.yaml")).not.toContain(13);
  expect([...linesOf("more.d/a.jsonl")]).toEqual([1, 2]);

  const at = (line: number) => faults.filter((fault) => fault.startsWith(`agent.yaml:${line}:`)).join("\n");
  expect(at(5)).toContain("state");
  expect(at(9)).toMatch(/tcp/);
  expect(at(11)).toMatch(/host/);
  expect(at(14)).toContain("n0005");
});

test("confed agent says the same faults as confed check, and does not start", async () => {
  write("agent.yaml", BAD_AGENT);
  const [checked, started] = await Promise.all([
    runConfed(["check", "agent.yaml"], { cwd: dir }),
    runConfed(["agent", "--config", "agent.yaml"], { cwd: dir }),
  ]);
  expect(started.status).toBe(2);
  expect(started.stderr).toBe(checked.stderr);
});

test("confed check counts what a good configuration holds", async () => {
  write("agent.yaml", [
    `agent: { id: sn01, state: ${dir} }`,
    "consoles:",
    "  - { name: n1, transport: tcp, host: h, port: 1 }",
    "  - { name: n2, transport: telnet, host: h, port: 1 }",
    "  - { name: n3, transport: tcp, host: h, port: 1 }",
  ]);
  const { status, stdout, stderr } = await runConfed(["check", "agent.yaml"], { cwd: dir });
  expect(stderr).toBe("");
  expect(stdout).toBe("agent.yaml: OK: agent sn01, 3 consoles (2 tcp, 1 telnet), 1 file\n");
  expect(status).toBe(0);
});

test("confed check takes the file from CONFED_CONFIG when none is named, and says how when neither is", async () => {
  write("head.yaml", [`head: { state: ${dir} }`]);
  const named = await runConfed(["check"], { cwd: dir, env: { CONFED_CONFIG: "head.yaml" } });
  expect(named).toMatchObject({ status: 0, stdout: "head.yaml: OK: head, 1 file\n" });
  const unnamed = await runConfed(["check"], { cwd: dir });
  expect(unnamed.status).toBe(2);
  expect(unnamed.stderr).toContain("CONFED_CONFIG");
});

test("confed check names a file that is not there", async () => {
  const { status, stderr } = await runConfed(["check", "nowhere.yaml"], { cwd: dir });
  expect(status).toBe(2);
  expect(stderr).toContain("nowhere.yaml");
});
