import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDocument, stringify } from "yaml";
import { readYamlSubset } from "./yaml-subset.ts";

const TABLE = `---
# The table of rack 1
agent: { id: sn01, listen: "127.0.0.1:7110", advertise: ["sn01:7110"], state: /var/lib/confed }   # flow
logs:
  path: '/var/log/consoles/&.log'
  mode: "0640"
empty:
consoles:
- { name: n0001, transport: tcp, host: 10.1.0.1, port: 2001, labels: { rack: r1 }, groups: [compute] }
- name: vm-02
  argv: [virsh, console, --force, vm02, -x]
  onDemand: true
  labels:
      rack: r1   # deeper
  groups:
  - compute
  - all nodes
  description: a b, c [d] {e} x:y

  note: "tab \\t and \\u00e9"
include: [ "consoles.d/*.{yaml,json,jsonl}" ]
`;

/** What the full parser makes of a text; undefined if it finds anything wrong. */
function byFullParser(text: string): { readonly value: unknown } | undefined {
  const document = parseDocument(text, { logLevel: "error" });
  if (document.errors.length + document.warnings.length > 0) return undefined;
  return { value: document.toJS() as unknown };
}

function expectSameMeaning(text: string): void {
  const fast = readYamlSubset(text);
  if (fast === undefined) return;
  expect(byFullParser(text), text).toEqual(fast);
}

test("the fast reader accepts the tables of the manual and reads them as the full parser does", () => {
  const fast = readYamlSubset(TABLE);
  expect(fast).toBeDefined();
  expect(fast).toEqual(byFullParser(TABLE));
});

test("the fast reader means what the full parser means when a table is cut at any byte", () => {
  for (let end = 0; end <= TABLE.length; end += 1) expectSameMeaning(TABLE.slice(0, end));
});

test("the fast reader means what the full parser means when characters are put anywhere", () => {
  const pieces = fc.constantFrom(
    ..." \n-:,#&*!|>'\"%@`?{}[]~=.0+a\\",
    "- ",
    ": ",
    " #",
    "\n  ",
    "\n- ",
    "null",
    "0x1",
    "1e3",
    ".5",
    "\u00a0",
    "\u2028",
    "\ufeff",
    "é",
  );
  const edit = fc.record({
    at: fc.nat(TABLE.length),
    remove: fc.nat(3),
    insert: fc.array(pieces, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      let text = TABLE;
      for (const { at, remove, insert } of edits)
        text = text.slice(0, at) + insert.join("") + text.slice(at + remove);
      expectSameMeaning(text);
    }),
    { numRuns: 2_000 },
  );
});

test("the fast reader means what the full parser means when lines are made of fragments", () => {
  const fragment = fc.constantFrom(
    "a: ",
    "b:",
    "- ",
    "-",
    "  ",
    " ",
    "c",
    "1",
    "007",
    "-1",
    "0o7",
    "1.5",
    "true",
    "Null",
    "x: y",
    "{ a: 1 }",
    "{a: [b, c d]}",
    "[]",
    "{ }",
    '"q"',
    "'s'",
    "# c",
    " # c",
    "http://h:1/p",
    "a:b",
    "--x",
    "- - a",
    "---",
    "...",
    "? k",
    "&a v",
    "*a",
    "!t v",
    "|",
    ">",
    "@x",
    "%y",
  );
  const line = fc
    .tuple(fc.nat(3), fc.array(fragment, { maxLength: 4 }))
    .map(([indent, parts]) => "  ".repeat(indent) + parts.join(""));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      expectSameMeaning(lines.join("\n"));
    }),
    { numRuns: 20_000 },
  );
});

test("the fast reader reads what the library writes", () => {
  const leaf = fc.oneof(
    fc.stringMatching(/^[a-z0-9./:@ _-]{1,12}$/),
    fc.nat(),
    fc.boolean(),
    fc.constant(null),
  );
  const entry = fc.dictionary(
    fc.stringMatching(/^[a-z][a-zA-Z_-]{0,8}$/),
    fc.oneof(leaf, fc.array(leaf), fc.dictionary(fc.constantFrom("a", "b"), leaf)),
  );
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1 }), (consoles) => {
      expectSameMeaning(stringify({ consoles }));
    }),
  );
});
