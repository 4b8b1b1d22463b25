import { makeAuthority, openAuthority } from "@confed/trust/certificates";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Mirror } from "../store/mirror.ts";
import type { WrittenEntry } from "../store/store.ts";
import { FollowedLines } from "./followed-lines.ts";
import { Replica } from "./replica.ts";
import { formatStatement, type Statement } from "./statement.ts";
import { hashOf, lineOf, StoreDigest } from "./store-digest.ts";

const authorityOf = async () =>
  openAuthority("machines", await makeAuthority("machines", { cluster: "c1", nowMs: Date.UTC(2026, 0) }), {
    where: "a test",
  });
const authority = await authorityOf();
const foreign = await authorityOf();

/** A store that says what it has, as the writing head does. */
class Writer {
  readonly entries = new Map<string, WrittenEntry>();
  readonly digest = new StoreDigest();
  revision = 0;
  atMs = 1_000;

  write(key: string, value?: unknown): WrittenEntry {
    this.revision += 1;
    const entry = { kind: "roles", key, revision: this.revision, value };
    if (value === undefined) this.entries.delete(key);
    else this.entries.set(key, entry);
    this.digest.put(entry, value === undefined ? undefined : hashOf(lineOf(entry)));
    return entry;
  }

  statement(change: Partial<Statement> = {}, by = authority) {
    this.atMs += 1;
    const { revision, atMs } = this;
    return formatStatement(by, { writer: "h1", revision, digest: this.digest.value(), atMs, ...change });
  }
}

/** As it arrives, cut into pieces. */
function heard(entries: Iterable<WrittenEntry>, pieceBytes = 1_000) {
  const lines = new FollowedLines();
  const text = Buffer.from([...entries].map((entry) => `${lineOf(entry)}\n`).join(""));
  for (let at = 0; at < text.byteLength; at += pieceBytes) lines.take(text.subarray(at, at + pieceBytes));
  return lines.end();
}

const shown = (mirror: Mirror) => new Map([...mirror.entries()].map((entry) => [entry.key, entry.value]));

function followed() {
  const writer = new Writer();
  for (const key of ["a", "b", "c"]) writer.write(key, { rules: [key] });
  const replica = new Replica(() => authority.certificatePem);
  replica.take(heard(writer.entries.values()), { ...writer.statement(), whole: true });
  return { writer, replica };
}

test("whatever is written, and in whatever pieces it comes, a replica has what the writer has", () => {
  const step = fc.record({
    key: fc.constantFrom("a", "b", "c", "é", "__proto__", "1"),
    value: fc.option(fc.jsonValue(), { nil: undefined }),
    whole: fc.boolean(),
    pieceBytes: fc.integer({ min: 1, max: 50 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const writer = new Writer();
      const replica = new Replica(() => authority.certificatePem);
      const copy = new Map<string, WrittenEntry>();
      replica.take([], { ...writer.statement(), whole: true });
      for (const { key, value, whole, pieceBytes } of steps) {
        const entry = writer.write(key, value);
        const changed = replica.take(heard(whole ? writer.entries.values() : [entry], pieceBytes), {
          ...writer.statement(),
          whole,
        });
        for (const { entry: one } of changed)
          if (one.value === undefined) copy.delete(one.key);
          else copy.set(one.key, one);
      }
      const expected = new Map([...writer.entries].map(([key, { value }]) => [key, value]));
      const there = JSON.parse(JSON.stringify([...expected].sort())) as unknown;
      expect(JSON.parse(JSON.stringify([...shown(replica.mirror)].sort()))).toEqual(there);
      // What is on the disk is taken up again, as it was.
      const again = new Replica(() => authority.certificatePem);
      again.load([...copy.values()], writer.statement());
      expect([...shown(again.mirror)].sort()).toEqual([...shown(replica.mirror)].sort());
    }),
    { numRuns: 200 },
  );
});

test("what was changed, left out, added, or signed by another is refused and changes nothing", () => {
  const { writer, replica } = followed();
  const before = shown(replica.mirror);
  const [a, b, c] = [...writer.entries.values()] as [WrittenEntry, WrittenEntry, WrittenEntry];
  const forged = { ...a, value: { rules: ["everything"] } };
  const refused = { code: "unauthenticated" };
  for (const entries of [
    [forged, b, c],
    [a, b],
    [a, b, c, { ...a, key: "d" }],
    [{ ...a, key: "b" }, b, c],
  ])
    expect(() => replica.take(heard(entries), { ...writer.statement(), whole: true })).toThrow(
      expect.objectContaining(refused),
    );
  for (const entries of [[forged], [{ ...a, key: "d" }], [{ kind: "roles", key: "a", revision: 4 }]])
    expect(() => replica.take(heard(entries), { ...writer.statement(), whole: false })).toThrow(
      expect.objectContaining(refused),
    );
  expect(() => replica.take([], { ...writer.statement({}, foreign), whole: false })).toThrow(/not signed/);
  const { body, signature } = writer.statement();
  const bent = Buffer.from(Buffer.from(body).toString().replace('"h1"', '"h2"'));
  expect(() => replica.take([], { body: bent, signature, whole: false })).toThrow(/not signed/);
  expect(() => replica.load([forged, b, c], writer.statement())).toThrow(expect.objectContaining(refused));
  expect(shown(replica.mirror)).toEqual(before);
  // And what is true is believed as before.
  replica.take(heard([writer.write("a", { rules: [] })]), { ...writer.statement(), whole: false });
  expect(replica.mirror.get("roles", "a")?.value).toEqual({ rules: [] });
});

test("what was true once is refused when it is said again, unless the writer says so anew", () => {
  const { writer, replica } = followed();
  const once = { entries: [...writer.entries.values()], statement: writer.statement() };
  replica.take(heard([writer.write("a")]), { ...writer.statement(), whole: false });
  expect(() => replica.take(heard(once.entries), { ...once.statement, whole: true })).toThrow(/older than/);
  expect(replica.mirror.get("roles", "a")).toBeUndefined();
  // Put back from a backup: fewer revisions, said later, and the same revision is another entry.
  const restored = new Writer();
  restored.atMs = writer.atMs;
  for (const key of ["a", "b"]) restored.write(key, { rules: ["restored", key] });
  const changed = replica.take(heard(restored.entries.values()), { ...restored.statement(), whole: true });
  expect(shown(replica.mirror)).toEqual(
    new Map([
      ["a", { rules: ["restored", "a"] }],
      ["b", { rules: ["restored", "b"] }],
    ]),
  );
  expect(changed.map(({ entry: { key, value } }) => [key, value === undefined]).sort()).toEqual([
    ["a", false],
    ["b", false],
    ["c", true],
  ]);
});

test("what is on the disk and not proven is removed from there by the first that is", () => {
  const { writer } = followed();
  const [a, b] = [...writer.entries.values()] as [WrittenEntry, WrittenEntry];
  const replica = new Replica(() => authority.certificatePem);
  const planted = { ...a, key: "planted" };
  expect(() => replica.load([a, b, planted], writer.statement())).toThrow();
  expect(replica.statement).toBeUndefined();
  expect(shown(replica.mirror).size).toBe(0);
  const changed = replica.take(heard(writer.entries.values()), { ...writer.statement(), whole: true });
  expect(changed.map(({ entry: { key, value } }) => [key, value === undefined])).toEqual([
    ["a", false],
    ["b", false],
    ["c", false],
    ["planted", true],
  ]);
});

test("what is no entry, too long a line, and half a line are refused by name", () => {
  for (const text of ["{}\n", '["roles","a"]\n', '["roles","a",1.5]\n', "nonsense\n", '["roles"'])
    expect(() => {
      const lines = new FollowedLines();
      lines.take(Buffer.from(text));
      lines.end();
    }).toThrow(expect.objectContaining({ code: "protocol_error" }));
  expect(() => {
    new FollowedLines().take(Buffer.alloc(300 * 1024, 0x61));
  }).toThrow(expect.objectContaining({ code: "resource_exhausted" }));
});
