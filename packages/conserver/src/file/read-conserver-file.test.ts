import { readFileSync } from "node:fs";
import { type ConfigFiles, formatFault } from "@confed/config";
import { ConfedError } from "@confed/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ConserverFile } from "./conserver-file.ts";
import { formatReportLine, reportOf } from "./file-report.ts";
import { readConserverFile } from "./read-conserver-file.ts";

test("xCAT's file gives its consoles, with defaults of defaults and ports counted", async () => {
  const { consoles, faults, hosts, settings } = await read({
    "conserver.cf": readFileSync(new URL("../fixtures/xcat-conserver.cf", import.meta.url), "utf8"),
  });
  expect(faults).toEqual([]);
  expect(consoles.map(({ name, master, way }) => [name, master, way])).toEqual([
    ["cn0101", "sn01", { type: "exec" }],
    ["cn0102", "localhost", exec("/opt/xcat/share/xcat/cons/ipmi cn0102")],
    ["cn0201", "localhost", exec("/opt/xcat/share/xcat/cons/blade cn0201")],
    ["cn0301", "sn02", { type: "exec" }],
    ["lpar01", "localhost", exec("/opt/xcat/share/xcat/cons/hmc lpar01")],
    ["sw01", "localhost", { type: "host", host: "ts1", port: 7012, protocol: "telnet" }],
    ["vm01", "localhost", exec("/opt/xcat/share/xcat/cons/kvm vm01")],
  ]);
  expect(consoles[2]).toMatchObject({
    logfile: "/var/log/consoles/cn0201",
    fields: {
      timestamp: { activity: true, breaks: true, mark: { lines: 1 } },
      options: { ondemand: true },
      rw: [{ user: "*", denied: false }],
    },
  });
  expect(hosts.map(({ trust, host }) => `${trust} ${host}`)).toEqual([
    "trusted 127.0.0.1",
    "trusted 10.9.0.1",
    "trusted 192.0.2.10",
  ]);
  expect(settings).toEqual({
    sslrequired: true,
    sslcacertificatefile: "/etc/xcat/cert/ca.pem",
    sslcredentials: "/etc/xcat/cert/server-cred.pem",
  });
});

test("every fault says where it is, in the file that has it", async () => {
  const { faults, consoles } = await read({
    "conserver.cf": `default * { master m; type noop; }
#include more.cf
console a {
  type frob;
  bogus 1 2;
  options ixon,foo,bar;
  rw "x
";
}
#include missing.cf
  #include indented.cf
console b { type host }
console c { motd "x`,
    "more.cf": "console m1 { }\nconsole m2 { break 10; include nope; }\n",
    "indented.cf": "console never { }",
  });
  expect(faults.map(formatFault)).toMatchInlineSnapshot(`
    [
      "conserver.cf:4:3: console a: type must be one of device, exec, host, noop, uds, ipmi, not "frob"",
      "conserver.cf:5:3: console a: "bogus" is no key of a console block",
      "conserver.cf:6:3: console a: options has "foo", which is none",
      "conserver.cf:6:3: console a: options has "bar", which is none",
      "conserver.cf:10:1: missing.cf cannot be included: there is no such file",
      "conserver.cf:11:3: this #include is taken as a comment (it must begin in the first column)",
      "conserver.cf:12:23: console b: the console block breaks off here, and does not count (end its last line with ;)",
      "conserver.cf:13:9: console c: the file ends inside this console block (close it with })",
      "conserver.cf:13:18: the quote that begins here never ends (close it with ")",
      "more.cf:2:14: console m2: break must be one of 1-9 and a-z",
      "more.cf:2:24: console m2: include refers to "nope", which is no default defined above",
    ]
  `);
  expect(consoles.map(({ name }) => name)).toEqual(["m1", "m2", "a"]);
});

test("a later block takes the place of an earlier one, and keeps what it does not say from the defaults", async () => {
  const { consoles, faults } = await read({
    "conserver.cf": `default * { master m; type exec; exec one; timestamp 5m; options ixon; rw a; }
console x { aliases y; exec two; timestamp a; options !login; rw b,!a; }
console z { }
default * { master n; type exec; }
console X { exec ""; }
default w { timestamp b; timestamp ""; ro r; }
console v { timestamp 1l; include w; aliases y; }`,
  });
  expect(consoles.map(({ name, master, way }) => [name, master, way])).toEqual([
    ["z", "m", exec("one")],
    ["X", "n", { type: "exec" }],
    ["v", "n", { type: "exec" }],
  ]);
  expect(consoles[2]?.fields.timestamp).toEqual({
    activity: false,
    breaks: false,
    tasks: false,
    mark: { lines: 1 },
  });
  expect(consoles[2]?.aliases).toEqual(["y"]);
  expect(faults.map(({ message }) => message)).toEqual(["takes the place of the console at conserver.cf:2"]);
});

test("groups stand for their users, the newest entry first", async () => {
  const { consoles, admins } = await read({
    "conserver.cf": `group ops { users ann,bob; } group all { users ops,!eve; }
access * { admin all; admin ""; admin root,!ops; }
default * { master m; type noop; rw *; }
console a { rw all,@wheel; } console b { rw ""; rw ann; }`,
  });
  const users = (list: readonly { user: string; denied: boolean }[] = []) =>
    list.map(({ user, denied }) => (denied ? `!${user}` : user)).join(" ");
  expect(users(consoles[0]?.fields.rw)).toBe("@wheel !eve bob ann *");
  expect(users(consoles[1]?.fields.rw)).toBe("ann");
  expect(users(admins)).toBe("!bob !ann root");
});

test("files that include each other are read ten deep", async () => {
  const { faults, files } = await read({ "conserver.cf": "#include conserver.cf\n" });
  expect(files).toHaveLength(10);
  expect(faults.map(({ message }) => message)).toEqual([
    expect.stringContaining("more than 10 files within files"),
  ]);
});

test("a report names every item, and why something has no counterpart", async () => {
  const file = await read({
    "conserver.cf": `config * { setproctitle yes; autocomplete no; }
default * { master m; type exec; options ondemand,!autoreinit; }
console a { initcmd x; password secret; baud 1; }
`,
  });
  expect(reportOf(file).map(formatReportLine)).toMatchInlineSnapshot(`
    [
      "conserver.cf:1:12: config *: unsupported: setproctitle yes (one process serves all consoles; what spreads them is shards)",
      "conserver.cf:1:30: config *: accepted: autocomplete no",
      "conserver.cf:2:13: default *: accepted: master m",
      "conserver.cf:2:23: default *: accepted: type exec",
      "conserver.cf:2:34: default *: accepted: options ondemand",
      "conserver.cf:2:34: default *: unsupported: options !autoreinit (a console that is down is always tried again, unless it is taken down (^Ecd))",
      "conserver.cf:3:13: console a: mapped: initcmd x (initCommand of the console; a command of plain words is started without a shell)",
      "conserver.cf:3:24: console a: mapped: password ... (moves to a file that only the agent reads)",
      "conserver.cf:3:41: console a: refused: baud must be one of 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000, not "1"",
    ]
  `);
});

test("a first file that cannot be read is an error", async () => {
  await expect(read({})).rejects.toMatchObject({ code: "device_missing" });
});

test("any text ends in consoles and named faults", async () => {
  const word = fc.constantFrom(
    ...'console|default|access|break|task|group|{|}|;|"|\\|#include conserver.cf\n|#|*|a|5|type exec;|host|subst P=pd,,;|trusted 1.2.3.4/33;|users a,!b;|\n|é'.split(
      "|",
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(word, fc.string()), { maxLength: 60 }), async (words) => {
      const { consoles, faults } = await read({ "conserver.cf": words.join(" ") });
      for (const { name, master } of consoles) expect([name, master]).not.toContain("");
      for (const fault of faults) expect(formatFault(fault)).toMatch(/^conserver\.cf:\d+:\d+: /);
    }),
    { numRuns: 500 },
  );
});

function exec(command: string) {
  return { type: "exec", command };
}

function read(texts: Readonly<Record<string, string>>): Promise<ConserverFile> {
  const files: ConfigFiles = {
    read: (path) => {
      const text = texts[path];
      return text === undefined
        ? Promise.reject(new ConfedError("device_missing", "there is no such file"))
        : Promise.resolve(Buffer.from(text));
    },
    list: () => Promise.resolve([]),
  };
  return readConserverFile("conserver.cf", { files, isMe: () => false, servicePort: () => undefined });
}
