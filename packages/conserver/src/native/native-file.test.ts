import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentConfig, loadAgentConfig, systemFiles } from "@confed/config";
import { expect, onTestFinished, test } from "vitest";
import { readConserverFile } from "../file/read-conserver-file.ts";
import { nativeFromXcat } from "../xcat/from-xcat.ts";
import { readXcatTables } from "../xcat/xcat-tables.ts";
import { commandLine } from "./command-line.ts";
import { readConmanFile } from "./conman-file.ts";
import { nativeFromConman } from "./from-conman.ts";
import { nativeFromConserver } from "./from-conserver.ts";
import { type NativeFile, writeNative } from "./native-file.ts";

test("xCAT's conserver.cf becomes a configuration that loads, with what is others' left out", async () => {
  const text = readFileSync(new URL("../fixtures/xcat-conserver.cf", import.meta.url), "utf8");
  const native = await fromConserver(text);
  expect(writeNative(native, "mn")).toMatchInlineSnapshot(`
    "# Made by "confed import" of conserver.cf.
    agent: { id: mn, state: /var/lib/confed/mn }
    logs: { path: "/var/log/consoles/&", format: stamped }
    consoles:
      # cn0101: is sn01's: import it there
      - { name: cn0102, transport: exec, argv: [/opt/xcat/share/xcat/cons/ipmi, cn0102] }
      - { name: cn0201, transport: exec, argv: [/opt/xcat/share/xcat/cons/blade, cn0201], onDemand: true }
      # cn0301: is sn02's: import it there
      - { name: lpar01, transport: exec, argv: [/opt/xcat/share/xcat/cons/hmc, lpar01] }
      - { name: sw01, transport: telnet, host: ts1, port: 7012 }
      - { name: vm01, transport: exec, argv: [/opt/xcat/share/xcat/cons/kvm, vm01] }
    "
  `);
  const { consoles, logs } = await load(native);
  expect(consoles.map(({ name }) => name)).toEqual(["cn0102", "cn0201", "lpar01", "sw01", "vm01"]);
  expect(logs).toMatchObject({ pathTemplate: "/var/log/consoles/&", format: "stamped" });
});

test("every kind of console of a conserver.cf has its counterpart, or a comment that says why not", async () => {
  const native = await fromConserver(`default * { master localhost; rw *; logfile /l/&.log; logfilemax 1m; }
console e1 { type exec; exec "A=1 /bin/x y"; execrunas op:tty; } console e2 { type exec; exec "x | y"; }
console e3 { type exec; timestamp 1l; ro ann,!bob; motd "two
lines"; aliases e3a; }
console h1 { type host; host fd00::1; port 7; } console h2 { type host; host h; port 7; protocol raw; }
console d1 { type device; device /dev/ttyS0; baud 9600; parity even; options cstopb; }
console d2 { type device; device /dev/ttyS1; baud 115200; parity none; options crtscts; logfile /m/&; }
console d3 { type device; device /dev/ttyS1; baud 115200; parity none; options !ixon,!ixoff; logfile ""; }
console u1 { type uds; uds /run/u; } console n1 { type noop; } console "a b" { type exec; }
console i1 { type ipmi; host bmc; username admin; password secret; ipmikg k; ipmiciphersuite 17; ipmiprivlevel operator; ipmiworkaround intelplus; }
console x1 { type exec; options !login; } console o1 { type exec; options ondemand; idletimeout 5; }
`);
  const text = writeNative(native, "sn01");
  expect(text).not.toContain("secret");
  expect(text).toMatchInlineSnapshot(`
    "# Made by "confed import" of conserver.cf.
    # d2 was logged in /m/d2
    # d3 was not logged; now it is
    # conserver.cf:11:85: console o1: unsupported: idletimeout 5 (nothing is typed on a console but by its viewers)
    agent: { id: sn01, state: /var/lib/confed/sn01 }
    logs: { path: "/l/&.log", rotate: { size: "1048576B" }, for: [{ consoles: e3, format: stamped }] }
    consoles:
      # e1: ran in the group tty; now it runs in its user's
      - { name: e1, transport: exec, argv: [/bin/x, "y"], env: { A: "1" }, user: op }
      - { name: e2, transport: exec, argv: [/bin/sh, "-ce", "x | y"] }
      # e3: was also called e3a
      # e3: said two\\nlines
      # e3: could watch it: not bob, ann (give roles for that: confed role)
      - { name: e3, transport: exec, argv: [/bin/sh, "-i"] }
      - { name: h1, transport: telnet, host: "fd00::1", port: 7 }
      - { name: h2, transport: tcp, host: h, port: 7 }
      - { name: d1, transport: serial, device: /dev/ttyS0, baud: 9600, parity: even, dataBits: 7, stopBits: 2, flowControl: xonxoff }
      - { name: d2, transport: serial, device: /dev/ttyS1, baud: 115200, flowControl: rtscts }
      - { name: d3, transport: serial, device: /dev/ttyS1, baud: 115200 }
      - { name: u1, transport: unix, path: /run/u }
      # n1: leads nowhere (type noop)
      # a b: this name cannot be a console's here: rename it
      # i1: put its password into /etc/confed/bmc/i1.password, mode 0600
      # i1: its key (K_g) is left out: ipmitool takes it from IPMI_KGKEY only
      - { name: i1, transport: exec, argv: [ipmitool, "-I", lanplus, "-H", bmc, "-U", admin, "-f", /etc/confed/bmc/i1.password, "-C", "17", "-L", OPERATOR, "-o", intelplus, sol, activate] }
      # x1: nobody may log in to it (!login)
      - { name: o1, transport: exec, argv: [/bin/sh, "-i"], onDemand: true }
    "
  `);
  expect((await load(native)).consoles).toHaveLength(11);
});

test("a conman.conf becomes a configuration that loads", async () => {
  const conman = readConmanFile(
    "conman.conf",
    `# a comment
SERVER logdir="/var/log/conman" port=7890
server keepalive=on
GLOBAL log="%N.log" seropts="115200,8n1" ipmiopts="U:admin,P:pw,W:opensesspriv" # here, too
CONSOLE name="n1" dev="ts1:7001"
console name='n2' dev="/dev/ttyS0" seropts="9600,7e2" log=""
CONSOLE name="n3" dev="/usr/lib/conman/exec/ssh.exp %N" logopts="timestamp"
CONSOLE name="n4" dev="ipmi:bmc4"
CONSOLE name="n5" dev="unix:/run/n5"
CONSOLE name="n1" dev="unix:/run/n5"
CONSOLE name="n6"
CONSOLE name="n7" dev="run me"
WHAT x=y
CONSOLE name=n8 dev
`,
  );
  const native = nativeFromConman("conman.conf", conman);
  expect(writeNative(native, "sn01")).toMatchInlineSnapshot(`
    "# Made by "confed import" of conman.conf.
    # n2 was not logged; now it is
    # conman.conf:10:1: there is a console n1 above
    # conman.conf:11:1: a console needs a dev
    # conman.conf:13:1: WHAT is no directive (SERVER, GLOBAL or CONSOLE)
    # conman.conf:14:1: this is no line of key=value pairs (quote values with blanks: dev="/dev/ttyS0")
    # conman.conf:2:1: unsupported: SERVER port=7890 (agent.listen says where an agent listens)
    agent: { id: sn01, state: /var/lib/confed/sn01 }
    logs: { path: "/var/log/conman/&.log", for: [{ consoles: n3, format: stamped }] }
    consoles:
      - { name: n1, transport: telnet, host: ts1, port: 7001 }
      - { name: n2, transport: serial, device: /dev/ttyS0, baud: 9600, dataBits: 7, parity: even, stopBits: 2 }
      - { name: n3, transport: exec, argv: [/usr/lib/conman/exec/ssh.exp, n3] }
      # n4: put its password into /etc/confed/bmc/n4.password, mode 0600
      - { name: n4, transport: exec, argv: [ipmitool, "-I", lanplus, "-H", bmc4, "-U", admin, "-f", /etc/confed/bmc/n4.password, "-o", opensesspriv, sol, activate] }
      - { name: n5, transport: unix, path: /run/n5 }
      # n7: its program run must be named with its path
    "
  `);
  expect((await load(native)).consoles.map(({ name }) => name)).toEqual(["n1", "n2", "n3", "n4", "n5"]);
});

test("xCAT's tables become the consoles that makeconservercf would write", async () => {
  const tables = readXcatTables([
    {
      file: "tables",
      text: `#node,power,mgt,cons,termserver,termport,conserver,serialport,serialspeed,serialflow,getmac,cmdmapping,consoleondemand,consoleenabled,comments,disable
"compute",,"ipmi",,,,"sn01","0",,,,,,,"all ""of"" them",
"n03",,,"openbmc",,,"sn02",,,,,,"yes",,,
"sw01",,,"cyclades","ts1","12",,,,,,,,,,
"bad",,,"mrv","ts1",,,,,,,,,,,
"gone",,"kvm",,,,,"0",,,,,,,,"1"
"ruled",,,"|(\\D+)|ipmi|",,,,,,,,,,,,
#node,groups,status
"n01","compute,all",
"n03","compute,all",
"sw01","net",
"login1","all",
"bad","net",
"ruled","all",
#node,nameserver,dhcpserver,tftpserver,conserver,comments
"sn01",,,,"1",
"sn02",,,,"0",
broken"row
`,
    },
  ]);
  const native = nativeFromXcat("tabdump", tables);
  expect(writeNative(native, "mn")).toMatchInlineSnapshot(`
    "# Made by "confed import" of tabdump.
    # these service nodes run consoles, each wants an agent: sn01
    # tables:18:1: this is no row of a table
    agent: { id: mn, state: /var/lib/confed/mn }
    logs: { path: "/var/log/consoles/&", format: stamped }
    consoles:
      - { name: n01, transport: exec, argv: [/opt/xcat/share/xcat/cons/ipmi, n01], groups: [compute, all], labels: { conserver: sn01 } }
      - { name: n03, transport: exec, argv: [/opt/xcat/share/xcat/cons/openbmc, n03], onDemand: true, groups: [compute, all], labels: { conserver: sn02 } }
      - { name: sw01, transport: telnet, host: ts1, port: 7012, groups: [net] }
      # bad: a mrv needs termserver and termport
      # ruled: its cons is a rule (|(\\D+)|ipmi|): import what lsdef prints instead
    "
  `);
  expect((await load(native)).consoles.map(({ name }) => name)).toEqual(["n01", "n03", "sw01"]);
});

test("what lsdef prints says the same", () => {
  const tables = readXcatTables([
    {
      file: "lsdef",
      text: `Object name: n01
    cons=ipmi
    conserver=sn01
    groups=compute,all
Object name: sn01
    groups=service
    setupconserver=1
`,
    },
  ]);
  const { entries, remarks } = nativeFromXcat("lsdef", tables);
  expect(entries.map(({ console }) => console)).toEqual([
    {
      name: "n01",
      transport: "exec",
      argv: ["/opt/xcat/share/xcat/cons/ipmi", "n01"],
      groups: ["compute", "all"],
      labels: { conserver: "sn01" },
    },
  ]);
  expect(remarks).toEqual(["these service nodes run consoles, each wants an agent: sn01"]);
});

test.each([
  ["/bin/x a-b c=d", ["/bin/x", "a-b", "c=d"], {}],
  ["A=1 B= /bin/x", ["/bin/x"], { A: "1", B: "" }],
  ["x y", ["/bin/sh", "-ce", "x y"], {}],
  ["/bin/x 'a b'", ["/bin/sh", "-ce", "/bin/x 'a b'"], {}],
  ["/bin/x *", ["/bin/sh", "-ce", "/bin/x *"], {}],
  ["A=1", ["/bin/sh", "-ce", "A=1"], {}],
  ["/bin/x; y", ["/bin/sh", "-ce", "/bin/x; y"], {}],
])("the command %j is started as %j", (command, argv, env) => {
  expect(commandLine(command)).toEqual({ argv, env });
});

async function fromConserver(text: string): Promise<NativeFile> {
  const files = { ...systemFiles, read: () => Promise.resolve(Buffer.from(text)) };
  const isMe = (host: string) => host === "localhost";
  const file = await readConserverFile("conserver.cf", { files, isMe, servicePort: () => undefined });
  return nativeFromConserver("conserver.cf", file, isMe);
}

/** Written to a file, and read as an agent reads it. */
async function load(native: NativeFile): Promise<AgentConfig> {
  const dir = mkdtempSync(join(tmpdir(), "confed-import-"));
  onTestFinished(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  const path = join(dir, "agent.yaml");
  writeFileSync(path, writeNative(native, "sn01"));
  const { ok, faults } = await loadAgentConfig(path);
  expect(faults).toBeUndefined();
  return ok ?? expect.fail("no configuration");
}
