import { readFileSync } from "node:fs";
import { type ConserverRequest, type ConserverTable, formatFault, type LoadResult } from "@confed/config";
import { expect, test } from "vitest";
import type { NativeConsole } from "../native/native-file.ts";
import { ConserverSource } from "./conserver-source.ts";

const XCAT = readFileSync(new URL("../fixtures/xcat-conserver.cf", import.meta.url), "utf8");
const MINE: ConserverRequest = { role: "agent", settings: { file: "/etc/conserver.cf" } };

/** A source of one file on the host mn; `text.now` undefined: there is none. */
function sourceOf(now: string | undefined) {
  const text = { now };
  const read = () => {
    if (text.now !== undefined) return Promise.resolve(Buffer.from(text.now));
    return Promise.reject(Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT" }));
  };
  const source = new ConserverSource(() => ({
    files: { read, list: () => Promise.resolve([]) },
    isMe: (host) => host === "localhost" || host === "mn",
    servicePort: () => undefined,
  }));
  return { source, text };
}

test("an agent has the consoles of its host, and those of the names it is given", async () => {
  const { source } = sourceOf(XCAT);
  const { ok } = await source.read(MINE);
  expect(ok?.entries.map(({ entry }) => entry.name)).toEqual(["cn0102", "cn0201", "lpar01", "sw01", "vm01"]);
  expect(ok).toMatchObject({
    logs: { pathTemplate: "/var/log/consoles/&", format: "stamped" },
    remarks: [],
    files: ["/etc/conserver.cf"],
  });
  const service = sourceOf(
    XCAT.replaceAll("localhost", "mn2").replace("master sn01;", "master sn01; exec /x;"),
  );
  const settings = { file: "/etc/conserver.cf", masters: ["SN01"] };
  const other = await service.source.read({ role: "agent", settings });
  expect(other.ok?.entries.map(({ entry }) => entry.name)).toEqual(["cn0101"]);
  // Without its command it would be a shell of root's.
  const shell = sourceOf(XCAT);
  const refused = await shell.source.read({ role: "agent", settings });
  expect(refused.ok?.remarks.map(formatFault)).toEqual([
    '/etc/conserver.cf:26:9: console cn0101: has no command (exec "/bin/sh -i"; is a shell of root\'s)',
  ]);
});

test("a head gives consoles to the agents that their masters are", async () => {
  const text = `${XCAT}
console a1 { type host; host ts; port 1; master sn01.cluster.example; }
console a2 { type host; host ts; port 2; master 10.9.0.7; }
console a3 { type host; host ts; port 3; master 10.9.0.8; }
`;
  const masters = { "10.9.0.7": "sn07" };
  const head = (exec?: string) => ({
    role: "head" as const,
    settings: { file: "/etc/conserver.cf", masters, exec },
  });
  const { ok } = await sourceOf(text).source.read(head("/opt/cons &"));
  expect(ok?.entries.map(({ agent, entry }) => [agent, entry])).toEqual([
    ["sn01", { name: "cn0101", transport: "exec", argv: ["/opt/cons", "cn0101"] }],
    ["sn02", { name: "cn0301", transport: "exec", argv: ["/opt/cons", "cn0301"] }],
    ["sn01", { name: "a1", transport: "telnet", host: "ts", port: 1 }],
    ["sn07", { name: "a2", transport: "telnet", host: "ts", port: 2 }],
  ]);
  expect(ok?.remarks.map(formatFault)).toEqual([
    '/etc/conserver.cf:71:9: console a3: its master 10.9.0.8 is no agent\'s name (say whose it is: head: { conserver: { masters: { "10.9.0.8": AGENT } } })',
  ]);
  // Never a shell of root's: that is what an exec console without a command would be.
  const without = await sourceOf(text).source.read(head());
  expect(without.ok?.entries.map(({ entry }) => entry.name)).toEqual(["a1", "a2"]);
});

test("one that is gone, empty or cut is a fault with its place once another was read, twice", async () => {
  const { source, text } = sourceOf(undefined);
  // Before xCAT has written it the first time.
  expect(await source.read(MINE)).toMatchObject({ ok: { entries: [], files: ["/etc/conserver.cf"] } });
  for (let round = 0; round < 2; round += 1) {
    text.now = XCAT;
    expect((await source.read(MINE)).ok?.entries).toHaveLength(5);
    const { current } = source;
    text.now = XCAT.slice(0, XCAT.indexOf("trusted 10.9"));
    const cut = await source.read(MINE);
    expect(cut.faults?.map(formatFault)).toEqual([
      "/etc/conserver.cf:8:8: access *: the file ends inside this access block (close it with })",
    ]);
    text.now = "";
    const empty = await source.read(MINE);
    expect(empty.faults?.map(formatFault)).toEqual([
      "/etc/conserver.cf:1:1: the file is empty (is somebody writing it?)",
    ]);
    text.now = undefined;
    const gone = await source.read(MINE);
    expect(gone.faults?.map(formatFault)).toEqual(["/etc/conserver.cf: there is no such file (yet)"]);
    expect(gone).toMatchObject({ files: ["/etc/conserver.cf"] });
    expect(source.current).toBe(current);
  }
});

test("what conserver skips is skipped and said, and so is what is not done here", async () => {
  const { ok } = await sourceOf(`default * { master mn; rw *; }
console n1 { type host; host h; port 1; idletimeout 5m; idlestring "\\z"; }
console n2 { type host; host h; colour red; }
console n3 { type noop; }
console "n 4" { type exec; exec /x; }
`).source.read(MINE);
  expect(ok?.entries.map(({ entry }) => entry.name)).toEqual(["n1"]);
  expect(ok?.remarks.map(formatFault).sort()).toMatchInlineSnapshot(`
    [
      "/etc/conserver.cf:2:57: console n1: idlestring \\z is not supported (its serial breaks, and bytes that are no text, are left out: only texts are typed)",
      "/etc/conserver.cf:3:33: console n2: "colour" is no key of a console block",
      "/etc/conserver.cf:3:9: console n2: has no port",
      "/etc/conserver.cf:4:9: console n3: leads nowhere (type noop)",
      "/etc/conserver.cf:5:9: console n 4: this name cannot be a console's here: rename it",
    ]
  `);
});

test("stamps are each console's own, and so is a log that is not where default * has it", async () => {
  const text = (more: string) => `default * { master mn; rw *; type host; host h; port 1; logfile /l/&; }
console n1 { timestamp 1l; }
console n2 { timestamp 5m; logfile /l/n2; }
console n3 { logfile /m/&; }
console n4 { logfile /var/log/four.log; }
console n5 { logfile ""; }
console n6 { logfile rel/&; }
console n7 { logfile rel/&; }
console n8 { type noop; logfile x; }
${more}`;
  const few = await sourceOf(text("console n9 { }\n")).source.read(MINE);
  expect(few.ok?.logs).toEqual({ pathTemplate: "/l/&", for: [{ consoles: "n1", format: "stamped" }] });
  expect(ownPaths(few)).toEqual({ n3: "/m/&", n4: "/var/log/four.log" });
  expect(few.ok?.remarks.map(formatFault)).toMatchInlineSnapshot(`
    [
      "/etc/conserver.cf:9:9: console n8: leads nowhere (type noop)",
      "/etc/conserver.cf:6:9: console n5: has no logfile, and is logged where logs.path says (every console is logged)",
      "/etc/conserver.cf:7:9: console n6: is logged where logs.path says, not in rel/& (and 1 more like it) (a logfile is an absolute path of a file, without ..)",
    ]
  `);
  const many = await sourceOf(
    text(["a", "b", "c", "d", "e", "f", "g"].map((name) => `console ${name} { timestamp 1l; }\n`).join("")),
  ).source.read(MINE);
  expect(many.ok?.logs).toMatchObject({
    format: "stamped",
    for: [{ consoles: "n2,n3,n4,n5,n6,n7", format: "exact" }],
  });
});

test("logs.path is what default * said first; said by the configuration, it stands for what default * says now", async () => {
  const text = (
    logfile: string,
  ) => `default * { master mn; rw *; type host; host h; port 1; logfile ${logfile}; }
console n1 { }
console n2 { logfile /m/&; }
`;
  const { source, text: written } = sourceOf(text("/l/&"));
  const said: ConserverRequest = { ...MINE, logPathSaid: true };
  for (const round of ["/k/&", "/j/&"]) {
    written.now = text("/l/&");
    expect(ownPaths(await source.read(MINE))).toEqual({ n2: "/m/&" });
    written.now = text(round);
    const moved = await source.read(MINE);
    expect(moved.ok?.logs.pathTemplate).toBe("/l/&");
    expect(ownPaths(moved)).toEqual({ n1: round, n2: "/m/&" });
    expect(ownPaths(await source.read(said))).toEqual({ n2: "/m/&" });
  }
  // The file comes after the agent, which has a logs.path by then.
  const late = sourceOf(undefined);
  await late.source.read(MINE);
  late.text.now = text("/l/&");
  const read = await late.source.read(MINE);
  expect(read.ok?.logs.pathTemplate).toBeUndefined();
  expect(ownPaths(read)).toEqual({ n1: "/l/&", n2: "/m/&" });
});

/** The consoles that have a log path of their own. */
function ownPaths({ ok }: LoadResult<ConserverTable>): Readonly<Record<string, string>> {
  const entries = (ok?.entries ?? []).map(({ entry }) => entry as NativeConsole);
  return Object.fromEntries(
    entries.flatMap(({ name, log }) => (log === undefined ? [] : [[name, log.path]])),
  );
}
