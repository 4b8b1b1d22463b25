import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DEFAULT_AUDIT } from "./audit-schema.ts";
import { CONFIG_FILE_BYTES_MAX } from "./config-files.ts";
import { faultsError, formatFault } from "./fault.ts";
import { checkConfig, loadAgentConfig, loadHeadConfig } from "./load-config.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "confed-config-"));
  await mkdir(join(directory, "consoles.d", "r2"), { recursive: true });
  const write = (name: string, text: string) => writeFile(join(directory, name), text);
  await write("agent.yaml", AGENT);
  await write("head.yaml", 'head: { listen: "127.0.0.1:7100", state: /var/lib/confed }\n');
  await write(
    "both.yaml",
    "agent: { id: a, state: /a }\nhead: { state: /h, listen: localhost }\nconsoles: [{}]\n",
  );
  await write("consoles.d/b.json", '[{ "name": "b1", "transport": "tcp", "host": "b", "port": 1 }]');
  await write("consoles.d/a.jsonl", '{ "name": "a1", "transport": "tcp", "host": "a", "port": 1 }\n');
  await write(
    "consoles.d/c.yaml",
    "include: [r?/*.yaml]\nconsoles:\n- { name: c1, transport: tcp, host: c, port: 1 }\n",
  );
  await write("consoles.d/r2/d.yaml", "- { name: d1, transport: tcp, host: d, port: 1 }\n");
  await write("consoles.d/.hidden.yaml", "nonsense: [");
  await write("consoles.d/notes.txt", "nonsense: [");
});

afterAll(() => rm(directory, { recursive: true, force: true }));

const AGENT = `agent: { id: sn01, listen: "127.0.0.1:7110", advertise: ["sn01:7110", "[fd00::1]:7110"], heads: ["127.0.0.1:7100", head2], state: /var/lib/confed }
logs: { path: "/var/log/consoles/&.log" }
consoles:
  - { name: n0001, transport: tcp, host: 10.1.0.1, port: 2001, labels: { rack: r1 }, groups: [compute] }
  - { name: n0002, transport: telnet, host: "fd00::2", comPort: { baud: 9600, parity: even }, connectTimeout: 5s }
  - { name: n0003, transport: ssh, host: bmc3, user: root, password: { file: /etc/confed/bmc.pw }, keepalive: 15s, retry: { first: 5s, max: 5m } }
  - { name: vm01, transport: unix, path: /run/qemu/vm01.sock }
  - { name: vm02, transport: exec, argv: [virsh, console, --force, vm02], onDemand: true }
  - { name: s1, transport: serial, device: /dev/serial/by-id/x, baud: 9600, flowControl: rtscts }
include: [ "consoles.d/*.{yaml,json,jsonl}", "none.d/*.yaml" ]
`;

const COMMON = { labels: {}, groups: [], onDemand: false, retry: { firstMs: 1_000, maxMs: 60_000 } };

/** A configuration with this console and no other. */
const withConsole = (entry: object) =>
  AGENT.replace(/consoles:[^]*/, `consoles: [${JSON.stringify(entry)}]\n`);
const IPMI = {
  name: "n1",
  transport: "ipmi",
  host: "bmc1",
  user: "root",
  password: { env: "BMC_PASSWORD" },
};

test("an ipmi console has the port and the patience for BMCs, and only quirks that are not worked around always", async () => {
  const path = join(directory, "ipmi.yaml");
  await writeFile(path, withConsole({ ...IPMI, suite: "auto", quirks: ["solport", "authcap"] }));
  const { ok, faults } = await loadAgentConfig(path);
  expect(faults).toBeUndefined();
  expect(ok?.consoles).toEqual([
    { ...COMMON, ...IPMI, port: 623, quirks: ["authcap"], retry: { firstMs: 5_000, maxMs: 300_000 } },
  ]);
});

test.each([
  [{ suite: 8 }, "must be auto or one of 0, 1, 2, 3, 15, 16, 17"],
  [{ password: "secret" }, "must not hold a secret itself"],
  [{ quirks: ["noidea"] }, "quirks"],
  [{ user: "12345678901234567" }, "a user name of at most 16 bytes"],
])("an ipmi console with %j is a fault that says why", async (fault, words) => {
  const path = join(directory, "ipmi.yaml");
  await writeFile(path, withConsole({ ...IPMI, ...fault }));
  const { faults } = await loadAgentConfig(path);
  expect(faults?.map(formatFault).join("\n")).toContain(words);
});

test("an agent's configuration loads with every kind of console, its includes and its defaults", async () => {
  const { ok, faults } = await loadAgentConfig(join(directory, "agent.yaml"));
  expect(faults).toBeUndefined();
  expect(ok?.agent).toEqual({
    id: "sn01",
    listen: { host: "127.0.0.1", port: 7110 },
    advertise: [
      { host: "sn01", port: 7110 },
      { host: "fd00::1", port: 7110 },
    ],
    heads: [
      { host: "127.0.0.1", port: 7100 },
      { host: "head2", port: 7100 },
    ],
    stateDir: "/var/lib/confed",
  });
  expect(ok?.logs).toEqual({ pathTemplate: "/var/log/consoles/&.log", mode: 0o640 });
  expect(ok?.consoles.slice(0, 6)).toEqual([
    {
      ...COMMON,
      name: "n0001",
      transport: "tcp",
      host: "10.1.0.1",
      port: 2001,
      labels: { rack: "r1" },
      groups: ["compute"],
    },
    {
      ...COMMON,
      name: "n0002",
      transport: "telnet",
      host: "fd00::2",
      port: 23,
      comPort: { baud: 9600, parity: "even" },
      connectTimeoutMs: 5_000,
    },
    {
      ...COMMON,
      name: "n0003",
      transport: "ssh",
      host: "bmc3",
      port: 22,
      user: "root",
      password: { file: "/etc/confed/bmc.pw" },
      keepaliveMs: 15_000,
      retry: { firstMs: 5_000, maxMs: 300_000 },
      trustOnFirstUse: false,
      legacyAlgorithms: false,
    },
    { ...COMMON, name: "vm01", transport: "unix", path: "/run/qemu/vm01.sock" },
    {
      ...COMMON,
      name: "vm02",
      transport: "exec",
      argv: ["virsh", "console", "--force", "vm02"],
      env: {},
      onDemand: true,
    },
    {
      ...COMMON,
      name: "s1",
      transport: "serial",
      device: "/dev/serial/by-id/x",
      baud: 9600,
      dataBits: 8,
      parity: "none",
      stopBits: 1,
      flowControl: "rtscts",
    },
  ]);
  expect(ok?.consoles.slice(6).map(({ name }) => name)).toEqual(["a1", "b1", "c1", "d1"]);
  const files = [
    "agent.yaml",
    "consoles.d/a.jsonl",
    "consoles.d/b.json",
    "consoles.d/c.yaml",
    "consoles.d/r2/d.yaml",
  ];
  expect([...(ok?.files ?? [])].sort()).toEqual(files.map((name) => join(directory, name)));
});

test("what was loaded cannot be changed", async () => {
  const { ok } = await loadAgentConfig(join(directory, "agent.yaml"));
  const thaw = (value: unknown): unknown[] => {
    if (typeof value !== "object" || value === null) return [];
    return [...(Object.isFrozen(value) ? [] : [value]), ...Object.values(value).flatMap(thaw)];
  };
  expect(ok).toBeDefined();
  expect(thaw(ok)).toEqual([]);
});

test("a head's configuration loads", async () => {
  const path = join(directory, "head.yaml");
  expect((await loadHeadConfig(path)).ok).toEqual({
    head: { listen: { host: "127.0.0.1", port: 7100 }, stateDir: "/var/lib/confed", heads: [] },
    assigned: [],
    audit: DEFAULT_AUDIT,
    files: [path],
    directories: [],
    remarks: [],
  });
});

test("a head loads when the console table in its file is wrong", async () => {
  const path = join(directory, "both.yaml");
  expect((await loadHeadConfig(path)).ok?.head.listen).toEqual({ host: "localhost", port: 7100 });
  expect((await loadAgentConfig(path)).faults?.map(formatFault)).toEqual([
    `${path}:3:12: transport is missing (one of tcp, telnet, unix, exec, serial, ssh, ipmi)`,
  ]);
});

test("the other kind is named when a file is of the other kind", async () => {
  const head = join(directory, "head.yaml");
  const agent = join(directory, "agent.yaml");
  expect((await loadAgentConfig(head)).faults?.map(formatFault)).toEqual([
    `${head}:1:1: this file has no agent section (this configures a head)`,
  ]);
  expect((await loadHeadConfig(agent)).faults?.map(formatFault)).toEqual([
    `${agent}:1:1: this file has no head section (this configures an agent)`,
  ]);
});

test("a table is checked alone when it is no agent's file", async () => {
  const { ok } = await checkConfig(join(directory, "consoles.d/c.yaml"));
  expect([ok?.agent, ok?.head, ok?.consoles.map(({ name }) => name)]).toEqual([
    undefined,
    undefined,
    ["c1", "d1"],
  ]);
});

test("a fault is named when the file is missing, a directory or too long", async () => {
  const missing = join(directory, "missing.yaml");
  expect((await checkConfig(missing)).faults?.map(formatFault)).toEqual([
    `${missing}: there is no such file`,
  ]);
  expect((await checkConfig(directory)).faults?.map(formatFault)).toEqual([
    `${directory}: the file cannot be read: this is a directory`,
  ]);
  const long = join(directory, "long.yaml");
  await writeFile(long, Buffer.alloc(CONFIG_FILE_BYTES_MAX + 1, "#"));
  expect((await checkConfig(long)).faults?.map(formatFault)).toEqual([
    `${long}: the file cannot be read: the file is longer than 32 MiB (split the console table into several files and include them)`,
  ]);
});

test("the error to end with names the first fault and counts the others", async () => {
  const files = {
    read: () => Promise.resolve(new TextEncoder().encode("head: {}\nx: 1\n")),
    list: () => Promise.resolve([]),
  };
  const { faults = [] } = await checkConfig("/c.yaml", { files });
  const error = faultsError(faults);
  expect([error.code, error.rawMessage, error.where]).toEqual([
    "invalid_argument",
    "head.state is missing (and 1 more)",
    "/c.yaml:1:7",
  ]);
});

test("sockets for groups of the host are settings of an agent, and none may be called admin", async () => {
  const load = async (sockets: unknown) => {
    const path = join(directory, "sockets.json");
    await writeFile(path, JSON.stringify({ agent: { id: "sn01", state: "/var/lib/confed", sockets } }));
    return loadAgentConfig(path);
  };
  const good = await load([{ group: "ops", roles: ["operator"] }]);
  expect(good.ok?.agent.sockets).toEqual([{ group: "ops", roles: ["operator"], directory: "/run/confed" }]);
  for (const bad of [
    { group: "admin", roles: ["viewer"] },
    { group: "a/b", roles: ["viewer"] },
    { group: "ops", roles: [] },
  ])
    expect((await load([bad])).faults).toHaveLength(1);
});

test("a head says its name, the other heads, and whom it never shuts out", async () => {
  const file = join(directory, "second.yaml");
  const head = `{ id: mn2, state: /var/lib/confed, heads: [mn1], trustedSources: [10.1.2.3, "fd00::/8", 10.1.0.0/16] }`;
  await writeFile(file, `head: ${head}\n`);
  expect((await loadHeadConfig(file)).ok?.head).toMatchObject({
    id: "mn2",
    heads: [{ host: "mn1", port: 7100 }],
    trustedSources: ["10.1.2.3", "fd00::/8", "10.1.0.0/16"],
  });
  for (const wrong of ["10.1.2", "10.1.2.3/33", "fd00::/129", "10.0.0.0/8/8", "10.0.0.0/", "mn1"]) {
    await writeFile(file, `head: { state: /var/lib/confed, trustedSources: ["${wrong}"] }\n`);
    const { faults = [] } = await loadHeadConfig(file);
    expect(faults.map(({ message }) => message)).toEqual([
      expect.stringContaining("must be an address or a network"),
    ]);
  }
});
