import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentConfig, loadAgentConfig, systemFiles } from "@confed/config";
import { expect, onTestFinished, test } from "vitest";
import { readConserverFile } from "../file/read-conserver-file.ts";
import { nativeFromXcat } from "../xcat/from-xcat.ts";
import { bmcsOfXcat } from "../xcat/xcat-bmcs.ts";
import { readXcatTables } from "../xcat/xcat-tables.ts";
import { commandLine } from "./command-line.ts";
import { readConmanFile } from "./conman-file.ts";
import { nativeFromConman } from "./from-conman.ts";
import { nativeFromConserver } from "./from-conserver.ts";
import { ipmiConsole } from "./ipmi-console.ts";
import type { ToBmc } from "./ipmitool-console.ts";
import { type NativeFile, writeNative } from "./native-file.ts";
import { withNativeIpmi } from "./native-ipmi.ts";

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
    # d3 was not logged; now it is
    # conserver.cf:11:25: console x1: unsupported: options !login (the console is left out, and its log with it: keep it without ro and rw instead)
    agent: { id: sn01, state: /var/lib/confed/sn01 }
    logs: { path: "/l/&.log", rotate: { size: "1048576B" }, for: [{ consoles: e3, format: stamped }] }
    consoles:
      - { name: e1, transport: exec, argv: [/bin/x, "y"], env: { A: "1" }, user: op, group: tty }
      - { name: e2, transport: exec, argv: [/bin/sh, "-ce", "x | y"] }
      # e3: was also called e3a
      # e3: said two\\nlines
      # e3: could watch it: not bob, ann (give roles for that: confed role)
      - { name: e3, transport: exec, argv: [/bin/sh, "-i"] }
      - { name: h1, transport: telnet, host: "fd00::1", port: 7 }
      - { name: h2, transport: tcp, host: h, port: 7 }
      - { name: d1, transport: serial, device: /dev/ttyS0, baud: 9600, parity: even, dataBits: 7, stopBits: 2, flowControl: xonxoff }
      - { name: d2, transport: serial, device: /dev/ttyS1, baud: 115200, flowControl: rtscts, log: { path: "/m/&" } }
      - { name: d3, transport: serial, device: /dev/ttyS1, baud: 115200 }
      - { name: u1, transport: unix, path: /run/u }
      # n1: leads nowhere (type noop)
      # a b: this name cannot be a console's here: rename it
      # i1: put its password into /etc/confed/bmc/i1.password, mode 0600
      # i1: its key (K_g) is left out: ipmitool takes it from IPMI_KGKEY only
      - { name: i1, transport: exec, argv: [ipmitool, "-I", lanplus, "-H", bmc, "-U", admin, "-f", /etc/confed/bmc/i1.password, "-C", "17", "-L", OPERATOR, "-o", intelplus, sol, activate] }
      # x1: nobody may log in to it (!login)
      - { name: o1, transport: exec, argv: [/bin/sh, "-i"], onDemand: true, idleInput: { after: "5s", send: ["\\n"] } }
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

test("with native IPMI, ipmitool and xCAT's cons/ipmi become ipmi consoles, and a remark says what became of each", async () => {
  const conserver = await fromConserver(
    `default * { master localhost; }
console i1 { type ipmi; host bmc1; username admin; password topsecret; ipmikg k; ipmiciphersuite 17; ipmiprivlevel operator; ipmiworkaround auth-capabilities,ignore-port; }
console i2 { type ipmi; host bmc2; password topsecret; }
console i3 { type ipmi; host bmc3; username admin; ipmiciphersuite 8; }
console x1 { type exec; exec /opt/xcat/share/xcat/cons/ipmi x1; options ondemand; idletimeout 90; initcmd /bin/hello; }
console x2 { type exec; exec /opt/xcat/share/xcat/cons/ipmi x2; }
console t1 { type exec; exec "ipmitool -I lanplus -H bmc5 -p 6230 -U root -P topsecret -C3 -o i82571spt -o intelplus sol activate"; }
console t2 { type exec; exec "/usr/bin/ipmitool -I lan -H bmc6 -U root -f /etc/pw sol activate"; }
console o1 { type exec; exec /bin/x; }
`,
    ipmiConsole,
  );
  const tables = readXcatTables([
    {
      file: "ipmi",
      text: `#node,bmc,bmcport,taggedvlan,bmcid,username,password,comments,disable
"x1","bmc-x1",,,,,,,
"ruled","|n|b|",,,,"u","topsecret",,
#key,username,password,cryptmethod,authdomain,comments,disable
"ipmi","ADMIN","topsecret",,,,
`,
    },
  ]);
  const native = withNativeIpmi(conserver, bmcsOfXcat(tables));
  const text = writeNative(native, "sn01");
  expect(text).not.toContain("topsecret");
  expect(text).toMatchInlineSnapshot(`
    "# Made by "confed import" of conserver.cf.
    # native ipmi, without a process: i1, x1, t1
    # still ipmitool, a process each: i2, i3, x2, t2
    agent: { id: sn01, state: /var/lib/confed/sn01 }
    consoles:
      # i1: put its password into /etc/confed/bmc/i1.password, mode 0600
      # i1: put its key (K_g) into /etc/confed/bmc/i1.kg, mode 0600
      - { name: i1, transport: ipmi, host: bmc1, user: admin, password: { file: /etc/confed/bmc/i1.password }, bmcKey: { file: /etc/confed/bmc/i1.kg }, privilege: operator, suite: 17, quirks: [authcap] }
      # i2: stays with ipmitool: it has no user name, by which native consoles log in
      # i2: put its password into /etc/confed/bmc/i2.password, mode 0600
      - { name: i2, transport: exec, argv: [ipmitool, "-I", lanplus, "-H", bmc2, "-f", /etc/confed/bmc/i2.password, sol, activate] }
      # i3: stays with ipmitool: cipher suite 8 is not spoken here (MD5)
      - { name: i3, transport: exec, argv: [ipmitool, "-I", lanplus, "-H", bmc3, "-U", admin, "-C", "8", sol, activate] }
      # x1: put its password into /etc/confed/bmc/ipmi.password, mode 0600
      - { name: x1, transport: ipmi, host: bmc-x1, user: ADMIN, password: { file: /etc/confed/bmc/ipmi.password }, onDemand: true, initCommand: { argv: [/bin/hello] }, idleInput: { after: "90s", send: ["\\n"] } }
      # x2: stays with ipmitool: its BMC is not known: add what tabdump prints of ipmi (and passwd), or lsdef
      - { name: x2, transport: exec, argv: [/opt/xcat/share/xcat/cons/ipmi, x2] }
      # t1: put its password into /etc/confed/bmc/t1.password, mode 0600
      # t1: the workaround intelplus has no counterpart: left out
      - { name: t1, transport: ipmi, host: bmc5, port: 6230, user: root, password: { file: /etc/confed/bmc/t1.password }, suite: 3, quirks: [i82571spt] }
      # t2: stays with ipmitool: IPMI 1.5 has no Serial over LAN (-I lanplus)
      - { name: t2, transport: exec, argv: [/usr/bin/ipmitool, "-I", lan, "-H", bmc6, "-U", root, "-f", /etc/pw, sol, activate] }
      - { name: o1, transport: exec, argv: [/bin/x] }
    "
  `);
  const { consoles } = await load(native);
  expect(consoles.filter(({ transport }) => transport === "ipmi").map(({ name }) => name)).toEqual([
    "i1",
    "x1",
    "t1",
  ]);
});

test("with native IPMI, xCAT's tables give each node its BMC, by its own row, its groups' or what lsdef prints", async () => {
  const tables = readXcatTables([
    {
      file: "tables",
      text: `#node,power,mgt,cons,termserver,termport,conserver,serialport,serialspeed,serialflow,getmac,cmdmapping,consoleondemand,consoleenabled,comments,disable
"compute",,"ipmi",,,,"sn01","0",,,,,,,,
#node,groups,status
"n01","compute,all",
"n02","compute,all",
#node,bmc,bmcport,taggedvlan,bmcid,username,password,comments,disable
"n01","10.0.0.1",,,,,,,
"n02","|n(\\d+)|10.0.0.($1)|",,,,,,,
"compute",,,,,"ADMIN","topsecret",,
Object name: n03
    bmc=10.0.0.3
    bmcusername=root
    bmcpassword=topsecret
    cons=ipmi
    groups=all
`,
    },
  ]);
  const native = withNativeIpmi(nativeFromXcat("tabdump", tables), bmcsOfXcat(tables));
  const text = writeNative(native, "mn");
  expect(text).not.toContain("topsecret");
  expect(text).toMatchInlineSnapshot(`
    "# Made by "confed import" of tabdump.
    # native ipmi, without a process: n01, n03
    # still ipmitool, a process each: n02
    agent: { id: mn, state: /var/lib/confed/mn }
    logs: { path: "/var/log/consoles/&", format: stamped }
    consoles:
      # n01: put its password into /etc/confed/bmc/n01.password, mode 0600
      - { name: n01, transport: ipmi, host: "10.0.0.1", user: ADMIN, password: { file: /etc/confed/bmc/n01.password }, groups: [compute, all], labels: { conserver: sn01 } }
      # n02: stays with ipmitool: its bmc is a rule (|n(\\d+)|10.0.0.($1)|): give what lsdef prints instead
      - { name: n02, transport: exec, argv: [/opt/xcat/share/xcat/cons/ipmi, n02], groups: [compute, all], labels: { conserver: sn01 } }
      # n03: put its password into /etc/confed/bmc/n03.password, mode 0600
      - { name: n03, transport: ipmi, host: "10.0.0.3", user: root, password: { file: /etc/confed/bmc/n03.password }, groups: [all] }
    "
  `);
  expect((await load(native)).consoles.map(({ transport }) => transport)).toEqual(["ipmi", "exec", "ipmi"]);
});

test("a conman.conf's BMCs become ipmi consoles", async () => {
  const conman = readConmanFile(
    "conman.conf",
    `GLOBAL ipmiopts="U:admin,P:topsecret,K:k,C:3,L:op,W:solpacketseq,W:opensesspriv"
CONSOLE name="n4" dev="ipmi:bmc4"
`,
  );
  const native = nativeFromConman("conman.conf", conman, ipmiConsole);
  expect((await load(native)).consoles).toMatchObject([
    {
      ...{ name: "n4", transport: "ipmi", host: "bmc4", port: 623, user: "admin", suite: 3 },
      ...{ password: { file: "/etc/confed/bmc/n4.password" }, bmcKey: { file: "/etc/confed/bmc/n4.kg" } },
      ...{ privilege: "operator", quirks: ["solpacketseq"] },
    },
  ]);
});

test("what is logged elsewhere than most keeps its place, but for what no console of ours can be logged in", async () => {
  const native = await fromConserver(`default * { master localhost; rw *; type host; host h; port 1; }
console n1 { logfile /l/n1.log; } console n2 { logfile /l/n2.log; } console n3 { logfile /m/&; }
console n4 { logfile /m/n3; } console n5 { logfile /l/n6.log; } console n6 { } console n7 { logfile here; }
`);
  expect(writeNative(native, "sn01")).toMatchInlineSnapshot(`
    "# Made by "confed import" of conserver.cf.
    # n4 was logged in the file of n3
    # n5 was logged in the file of n6
    # n6 was not logged; now it is
    # n7 was logged in here, which is no absolute path
    agent: { id: sn01, state: /var/lib/confed/sn01 }
    logs: { path: "/l/&.log" }
    consoles:
      - { name: n1, transport: telnet, host: h, port: 1 }
      - { name: n2, transport: telnet, host: h, port: 1 }
      - { name: n3, transport: telnet, host: h, port: 1, log: { path: "/m/&" } }
      - { name: n4, transport: telnet, host: h, port: 1 }
      - { name: n5, transport: telnet, host: h, port: 1 }
      - { name: n6, transport: telnet, host: h, port: 1 }
      - { name: n7, transport: telnet, host: h, port: 1 }
    "
  `);
  const { logs, consoles } = await load(native);
  expect(logs.pathTemplate).toBe("/l/&.log");
  expect(consoles.filter(({ log }) => log !== undefined)).toMatchObject([
    { name: "n3", log: { path: "/m/&" } },
  ]);
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

async function fromConserver(text: string, toBmc?: ToBmc): Promise<NativeFile> {
  const files = { ...systemFiles, read: () => Promise.resolve(Buffer.from(text)) };
  const isMe = (host: string) => host === "localhost";
  const file = await readConserverFile("conserver.cf", { files, isMe, servicePort: () => undefined });
  return nativeFromConserver("conserver.cf", file, isMe, { toBmc });
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
