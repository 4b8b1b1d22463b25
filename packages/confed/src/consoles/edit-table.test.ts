import { expect, test } from "vitest";
import { editTable } from "./edit-table.ts";

const TABLE = '{"name":"n1","transport":"tcp","host":"a","port":1}\n\n {"name":"n2", "x": 1}\n';

test("a console is added behind all others, which stay byte for byte", () => {
  const words = ["transport=telnet", "host=10.1.0.1", "port=2001", "labels.rack=12", "retry.max=30s"];
  expect(editTable(TABLE, { kind: "add", name: "n3", words })).toBe(
    `${TABLE}{"name":"n3","transport":"telnet","host":"10.1.0.1","port":2001,"labels":{"rack":"12"},"retry":{"max":"30s"}}\n`,
  );
  expect(editTable("{}", { kind: "add", name: "n3", words: [] })).toBe('{}\n{"name":"n3"}\n');
});

test("an edit changes keys, takes empty ones away, and leaves other lines alone", () => {
  const edited = editTable(TABLE, {
    kind: "edit",
    name: "n2",
    words: ["x=", 'groups=["g"]', "onDemand=true"],
  });
  expect(edited).toBe(
    '{"name":"n1","transport":"tcp","host":"a","port":1}\n\n{"name":"n2","groups":["g"],"onDemand":true}\n',
  );
  const label = editTable(edited, { kind: "edit", name: "n2", words: ["labels.a=b"] });
  expect(editTable(label, { kind: "edit", name: "n2", words: ["labels.a="] })).toBe(edited);
});

test("a removed console leaves no line", () => {
  expect(editTable(TABLE, { kind: "rm", name: "n1", words: [] })).toBe('\n {"name":"n2", "x": 1}\n');
});

test.each([
  ["add", "n1", ["a=1"], "conflict"],
  ["edit", "n9", ["a=1"], "not_found"],
  ["rm", "n9", [], "not_found"],
  ["edit", "n1", ["port"], "invalid_argument"],
  ["edit", "n1", ["=x"], "invalid_argument"],
  ["edit", "n1", ["__proto__.x=1"], "invalid_argument"],
  ["edit", "n1", ["name=n7"], "invalid_argument"],
] as const)("%s %s %j is refused as %s", (kind, name, words, code) => {
  expect(() => editTable(TABLE, { kind, name, words })).toThrow(expect.objectContaining({ code }) as Error);
});
