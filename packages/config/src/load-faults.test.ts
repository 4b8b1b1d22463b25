import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ConfigFiles } from "./config-files.ts";
import { formatFault } from "./fault.ts";
import { checkConfig } from "./load-config.ts";

/** Files in memory, all in /etc/confed. */
function filesOf(texts: Readonly<Record<string, string | Uint8Array>>): ConfigFiles {
  const encoder = new TextEncoder();
  return {
    read(path) {
      const text = texts[path.replace("/etc/confed/", "")];
      if (text === undefined) return Promise.reject(Object.assign(new Error("ENOENT"), { code: "ENOENT" }));
      return Promise.resolve(typeof text === "string" ? encoder.encode(text) : text);
    },
    list: () => Promise.resolve(Object.keys(texts)),
  };
}

async function faultsOf(
  text: string | Uint8Array,
  file = "c.yaml",
  more: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const { faults } = await checkConfig(`/etc/confed/${file}`, { files: filesOf({ [file]: text, ...more }) });
  return (faults ?? []).map((fault) => formatFault(fault).replaceAll("/etc/confed/", ""));
}

const AGENT = "agent: { id: sn01, state: /var/lib/confed }\n";

interface Case {
  readonly title: string;
  readonly text: string;
  readonly faults: readonly string[];
}

/** The corpus: `=== title`, the text, and a line `=> fault` for each. */
function readCorpus(): readonly Case[] {
  const corpus = readFileSync(new URL("fixtures/yaml-faults.txt", import.meta.url), "utf8");
  return corpus
    .split("\n=== ")
    .slice(1)
    .map((part) => {
      const [title = "", ...lines] = part.trimEnd().split("\n");
      const faults = lines.filter((line) => line.startsWith("=> ")).map((line) => line.slice(3));
      const text = lines.filter((line) => !line.startsWith("=> ")).map((line) => `${line}\n`);
      return { title, text: text.join(""), faults };
    });
}

test.each(readCorpus())("every fault is found when a file $title", async ({ text, faults }) => {
  expect(faults).not.toEqual([]);
  expect(await faultsOf(text)).toEqual(faults);
});

const JSON_CONSOLE = '{"name":"n1","transport":"tcp","host":"h","port":1}';

test.each<[string, string, string[]]>([
  [
    "lacks a comma",
    '[\n  {"name": "n1" "transport": "tcp"}\n]',
    ['t.json:2:17: "," or "}" is needed here, not "\\""'],
  ],
  ["ends in the middle", '[\n  {"name": "n1"', ['t.json:2:16: the text ends where "," or "}" is needed']],
  ["has a word", "[nope]", ['t.json:1:2: a value is needed here, not "n"']],
  ["has a key without quotes", "[{name: 1}]", ['t.json:1:3: a key in double quotes is needed here, not "n"']],
  ["has a text without end", '["abc\n"]', ["t.json:1:2: this text has no closing quote"]],
  ["has a foreign escape", '["a\\x41"]', ["t.json:1:4: this is not an escape that JSON knows"]],
  [
    "has a raw control character",
    '["a\u0007"]',
    ["t.json:1:4: a control character must be written as an escape"],
  ],
  ["goes on after its end", "[] []", ["t.json:1:4: the value has ended before this"]],
  ["has a comma too many", "[1,]", ['t.json:1:4: a value is needed here, not "]"']],
  ["has a key twice", `[\n {"name":"n1",\n  "name":"n2"}]`, ['t.json:3:3: "name" is written twice here']],
  ["is nested too deeply", "[".repeat(100_000), ["t.json:1:65: this is nested deeper than 64 levels"]],
  ["is empty", "", ["t.json:1:1: the text ends where a value is needed"]],
  [
    "has a wrong console",
    `[\n  ${JSON_CONSOLE},\n  { "name": "n2",\n    "transport": "tcp", "hots": "h", "port": 1.5 }\n]\n`,
    [
      "t.json:3:3: console n2: host is missing",
      't.json:4:25: console n2: unknown key "hots" (did you mean "host"?)',
      "t.json:4:46: console n2: port must be a whole number from 1 to 65535, not 1.5",
    ],
  ],
])("every fault is found when a JSON table %s", async (_, text, expected) => {
  expect(await faultsOf(text, "t.json")).toEqual(expected);
});

test("every fault is found when lines of a JSON Lines table are broken, wrong or double", async () => {
  const lines = [
    JSON_CONSOLE,
    '{"name":"n2",',
    "",
    '  {"name":"n3","transport":"tcp","host":"h","port":"1"}',
    "1",
    `${JSON_CONSOLE}\r`,
    `${JSON_CONSOLE} x`,
  ];
  expect(await faultsOf(lines.join("\n"), "t.jsonl")).toEqual([
    "t.jsonl:2:14: the text ends where a key in double quotes is needed (each line of a .jsonl file is one whole JSON value)",
    't.jsonl:4:52: console n3: port must be a number, not "1"',
    "t.jsonl:5:1: this must be a mapping, not 1",
    "t.jsonl:6:9: console n1: this name is taken by the console at t.jsonl:1:9 (take one of them away)",
    "t.jsonl:7:53: the value has ended before this (each line of a .jsonl file is one whole JSON value)",
  ]);
});

test("both places are named when a name is in two files", async () => {
  const main = `${AGENT}consoles: [{ name: n1, transport: tcp, host: h, port: 1 }]\ninclude: ["*.{json,jsonl}"]\n`;
  expect(await faultsOf(main, "c.yaml", { "b.jsonl": JSON_CONSOLE, "a.json": `[${JSON_CONSOLE}]` })).toEqual([
    "a.json:1:10: console n1: this name is taken by the console at c.yaml:2:20 (take one of them away)",
    "b.jsonl:1:9: console n1: this name is taken by the console at c.yaml:2:20 (take one of them away)",
  ]);
});

test("a fault is named when an included file holds sections or includes its includer", async () => {
  const main = `${AGENT}include: [b.yaml]\n`;
  expect(await faultsOf(main, "c.yaml", { "b.yaml": "agent: {}\ninclude: [c.yaml]\n" })).toEqual([
    'b.yaml:1:1: unknown key "agent" (a section of the file that includes this one)',
    "b.yaml:2:11: c.yaml would include itself (take it out, or keep tables in a directory of their own)",
  ]);
});

test("the place is named when a file is not UTF-8", async () => {
  expect(await faultsOf(new Uint8Array([0x61, 0x3a, 0x0a, 0x62, 0xff, 0x0a]))).toEqual([
    "c.yaml:2:2: the file is not UTF-8 text (save it as UTF-8)",
  ]);
});

test("a byte order mark does not count when a file begins with one", async () => {
  expect(await faultsOf("\ufeffhead: { stat: /s }\n")).toEqual([
    "c.yaml:1:7: head.state is missing",
    'c.yaml:1:9: unknown key "stat" in head (did you mean "state"?)',
  ]);
});

test("the first line of Windows files counts as any other", async () => {
  expect(await faultsOf("head:\r\n  state: s\r\n")).toEqual([
    'c.yaml:2:10: head.state must be an absolute path, not "s" (begin with /)',
  ]);
});

test("an alias leads to the fault at its own place when it stands for a wrong console", async () => {
  const text = `${AGENT}consoles:\n  - { name: n1, transport: tcp, host: h, port: 1, labels: &l { rack: r1 } }\n  - { name: n2, transport: tcp, host: h, port: 0, labels: *l }\n`;
  expect(await faultsOf(text)).toEqual([
    "c.yaml:4:48: console n2: port must be a whole number from 1 to 65535, not 0",
  ]);
});

test("a bomb of anchors is a fault, not a hang", async () => {
  const levels = Array.from(
    { length: 12 },
    (_, level) =>
      `l${level}: &l${level} [${Array(12)
        .fill(level === 0 ? "x" : `*l${level - 1}`)
        .join(", ")}]`,
  );
  expect(await faultsOf(levels.join("\n"))).toEqual([
    "c.yaml:10:30: anchors are used more than 100 times here, nested uses multiplied",
  ]);
});

test("nested anchors are a fault when few of them stand for much", async () => {
  const levels = Array.from(
    { length: 8 },
    (_, level) =>
      `l${level}: &l${level} [${Array(5)
        .fill(level === 0 ? "x" : `*l${level - 1}`)
        .join(", ")}]`,
  );
  expect(await faultsOf(levels.join("\n"))).toEqual([
    "c.yaml:2:10: anchors are used more than 100 times here, nested uses multiplied",
  ]);
});

test.each(["[", "{a: ", "- ", "&a [", "? "])(
  "a fault is named when %j is nested 20,000 deep",
  async (opening) => {
    expect((await faultsOf(opening.repeat(20_000))).length).toBeGreaterThan(0);
  },
);

const SAMPLE = `# é
agent: { id: sn01, listen: "[::1]:7110", state: /s }
logs: { path: "/l/&.log", mode: "0600" }
consoles:
  - { name: n1, transport: ssh, host: h, user: root, password: { file: /p } }
  - name: n2
    transport: exec
    argv: [a, "b"]
    retry: { first: 2s }
`;

test("a truncated file gives a result or faults in it, whatever byte it ends at", async () => {
  const bytes = new TextEncoder().encode(SAMPLE);
  const wholeLine = SAMPLE.split("\n").length;
  for (const file of ["c.yaml", "c.json", "c.jsonl"]) {
    for (let end = 0; end <= bytes.length; end += 1) {
      const { ok, faults = [] } = await checkConfig(`/etc/confed/${file}`, {
        files: filesOf({ [file]: bytes.slice(0, end) }),
      });
      expect((ok === undefined) === faults.length > 0).toBe(true);
      for (const { line, col } of faults) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(wholeLine);
        expect(col).toBeGreaterThanOrEqual(1);
      }
    }
  }
});

test("any bytes give a result or faults, and no exception", async () => {
  const token = fc.constantFrom(
    "agent:",
    "consoles:",
    " ",
    "\n",
    "- ",
    "{",
    "}",
    "[",
    "]",
    ",",
    ": ",
    "name",
    "transport",
    "tcp",
    "&a ",
    "*a",
    "<<",
    "!!set",
    "\t",
    '"',
    "'",
    "|",
    "__proto__",
    "null",
    "~",
    "\u0000",
  );
  const soup = fc.oneof(
    fc.array(token).map((tokens) => new TextEncoder().encode(tokens.join(""))),
    fc.uint8Array({ maxLength: 60 }),
  );
  await fc.assert(
    fc.asyncProperty(soup, fc.constantFrom("c.yaml", "c.json", "c.jsonl"), async (bytes, file) => {
      const { ok, faults } = await checkConfig(`/etc/confed/${file}`, { files: filesOf({ [file]: bytes }) });
      expect((ok === undefined) === (faults !== undefined && faults.length > 0)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});
