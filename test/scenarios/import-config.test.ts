import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runConfed } from "@confed/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "confed-import-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const CONSERVER = `default * { master localhost; logfile /var/log/consoles/&; timestamp 1lab; rw *; }
console n1 { type host; host ts1; port 7001; }
console n2 { type exec; exec "/bin/x y"; options striphigh; }
console n3 { type exec; master sn02; }
console n4 { type frob; }
`;

test("an imported conserver.cf is a configuration that confed check accepts, and is not overwritten", async () => {
  writeFileSync(join(dir, "conserver.cf"), CONSERVER);
  const written = await runConfed(["import", "conserver.cf", "conserver.cf", "--to", "agent.yaml"], {
    cwd: dir,
  });
  expect(written).toMatchObject({
    status: 0,
    stdout: "agent.yaml: written, 2 consoles, 1 left out with a comment\n",
    stderr: "",
  });
  const text = readFileSync(join(dir, "agent.yaml"), "utf8");
  expect(text).toContain("# conserver.cf:3:42: console n2: unsupported: options striphigh");
  expect(text).toContain("# conserver.cf:5:14: console n4: refused: type must be one of");
  expect(text).toContain("# n3: is sn02's: import it there");
  const checked = await runConfed(["check", "agent.yaml"], { cwd: dir });
  expect(checked).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("2 consoles (1 telnet, 1 exec)"),
  });
  const again = await runConfed(["import", "conserver.cf", "conserver.cf", "--to", "agent.yaml"], {
    cwd: dir,
  });
  expect(again.status).not.toBe(0);
  expect(again.stderr).toContain("agent.yaml is there already");
  expect(readFileSync(join(dir, "agent.yaml"), "utf8")).toBe(text);
});

test("a report says what becomes of every item", async () => {
  writeFileSync(join(dir, "conserver.cf"), CONSERVER);
  const { status, stdout } = await runConfed(["import", "conserver.cf", "conserver.cf", "--report"], {
    cwd: dir,
  });
  expect(status).toBe(0);
  expect(stdout.split("\n").slice(0, 3)).toEqual([
    "conserver.cf:1:13: default *: accepted: master localhost",
    "conserver.cf:1:31: default *: mapped: logfile /var/log/consoles/& (logs.path, or log.path of the console; without one a console is logged as well)",
    expect.stringMatching(/^conserver\.cf:1:60: default \*: mapped: timestamp 1lab /),
  ]);
});

test("what tabdump prints comes in by a pipe", async () => {
  const input =
    '#node,mgt,cons,termserver,termport,conserver,serialport\n"n1",,"ipmi"\n#node,groups\n"n1","all"\n';
  const { status, stdout } = await runConfed(["import", "xcat", "-"], { cwd: dir, input });
  expect(status).toBe(0);
  expect(stdout).toContain(
    "- { name: n1, transport: exec, argv: [/opt/xcat/share/xcat/cons/ipmi, n1], groups: [all] }",
  );
});

test("with --native-ipmi no ipmitool is left of an xCAT site, no password is written, and it says so", async () => {
  writeFileSync(
    join(dir, "conserver.cf"),
    "console n1 { master localhost; type exec; exec /opt/xcat/share/xcat/cons/ipmi n1; }\n",
  );
  writeFileSync(
    join(dir, "bmcs.csv"),
    '#node,bmc,bmcport,taggedvlan,bmcid,username,password,comments,disable\n"n1","bmc1",,,,"ADMIN","topsecret",,\n',
  );
  const { status, stdout } = await runConfed(
    ["import", "conserver.cf", "conserver.cf", "--native-ipmi", "--bmcs", "bmcs.csv", "--to", "agent.yaml"],
    { cwd: dir },
  );
  expect([status, stdout]).toEqual([0, "agent.yaml: written, 1 console, 1 of them native ipmi\n"]);
  const text = readFileSync(join(dir, "agent.yaml"), "utf8");
  expect(text).not.toContain("topsecret");
  expect(text).toContain("# native ipmi, without a process: n1");
  const checked = await runConfed(["check", "agent.yaml"], { cwd: dir });
  expect(checked).toMatchObject({ status: 0, stdout: expect.stringContaining("1 console (1 ipmi)") });
});

test("a file that is not there is named", async () => {
  const { status, stderr } = await runConfed(["import", "conman.conf", "missing.conf"], { cwd: dir });
  expect(status).not.toBe(0);
  expect(stderr).toContain("missing.conf");
});
