import { expect, test } from "vitest";
import { breakSteps } from "./break-sequence.ts";
import { parseHosts, trustOf } from "./host-list.ts";
import { parseSubstitutions, substitute } from "./substitution.ts";
import { parseTimestamp } from "./timestamp.ts";
import { isListed } from "./user-list.ts";

const off = { activity: false, breaks: false, tasks: false };

test.each([
  ["1lab", { ...off, activity: true, breaks: true, mark: { lines: 1 } }],
  ["5", { ...off, mark: { seconds: 300 } }],
  ["2h t", { ...off, tasks: true, mark: { seconds: 7_200 } }],
  ["5A", { ...off, activity: true, mark: { seconds: 300 } }],
  ["1l3d", { ...off, mark: { seconds: 259_200 } }],
  ["0", off],
  ["", off],
  ["1x", 'has an unknown letter "x"'],
  ["l", 'needs a number before "l"'],
])("the timestamp %j is understood", (value, expected) => {
  expect(parseTimestamp(value)).toEqual(expected);
});

test.each([
  ["foo P.R", "P=p04d,R=rs", "foo 0007.x"],
  ["P", "P=P6X", "  1B5F"],
  ["P", "P=Pa", "5en"],
  ["c:c", "c=c6s", "  name:  name"],
  ["P", "", "P"],
])("the text %j with %j becomes %j", (text, value, expected) => {
  const substitutions = parseSubstitutions(value);
  if (typeof substitutions === "string") return expect.fail(substitutions);
  expect(substitute(text, substitutions, { c: "name", h: "h", r: "x", b: "9600", p: 7, P: 7007 })).toBe(
    expected,
  );
});

test.each(["x", "X=", "X=c", "X=cd", "X=ps", ",=cs", "X=cs,", "X=cs,X=hs", "XX=cs", "X=zs"])(
  "the substitution %j is refused",
  (value) => {
    expect(parseSubstitutions(value)).toBeTypeOf("string");
  },
);

test.each([
  ["\\z", ["serial_break"]],
  ["\\r~^b", ["0d7e02"]],
  ["\\r\\d~\\d^b", ["0d", "pause", "7e", "pause", "02"]],
  ["\\101\\7\\\\\\^^?\\q", ["41075c5e7f71"]],
  ["é\\", ["c3a95c"]],
  ["^", ["5e"]],
])("the break %j sends its steps", (string, steps) => {
  expect(
    breakSteps(string).map((step) =>
      step.type === "send" ? Buffer.from(step.bytes).toString("hex") : step.type,
    ),
  ).toEqual(steps);
});

test("a client is trusted by address, network or whole name, the first that fits", () => {
  const refused: string[] = [];
  const entries = [
    ...parseHosts("rejected", "10.1.0.0/16 1.2.3 10.0.0.0/33 -x", (message) => refused.push(message)),
    ...parseHosts("trusted", "10.0.0.0/8,fd00::/8,ocalhos,Login1.example", () => undefined),
  ];
  const trust = (address: string, ...names: string[]) => trustOf(entries, { address, names }, "allowed");
  expect(refused).toHaveLength(3);
  expect(trust("10.1.2.3")).toBe("rejected");
  expect(trust("10.2.2.3")).toBe("trusted");
  expect(trust("::ffff:10.1.2.3")).toBe("rejected");
  expect(trust("fd00:1::2")).toBe("trusted");
  expect(trust("fe80::1%eth0")).toBe("allowed");
  expect(trust("127.0.0.1", "localhost")).toBe("allowed");
  expect(trust("192.0.2.1", "login1.EXAMPLE")).toBe("trusted");
  expect(trust("192.0.2.1", "xlogin1.example")).toBe("allowed");
});

test("a client whose names nobody could ask for has none that lets it in, and every one that does not", () => {
  const unknown = { address: "10.2.2.3", names: undefined };
  const trusting = (...names: readonly (readonly ["trusted" | "rejected", string])[]) =>
    trustOf(
      names.map(([trust, host]) => ({ trust, host })),
      unknown,
      "allowed",
    );
  expect(trusting(["trusted", "login1"])).toBe("allowed");
  expect(trusting(["rejected", "guest1"], ["trusted", "10.0.0.0/8"])).toBe("rejected");
  expect(trusting(["trusted", "10.0.0.0/8"], ["rejected", "guest1"])).toBe("trusted");
});

test("a user is listed by name before everybody is, and groups are asked", () => {
  const list = [
    { user: "*", denied: true },
    { user: "@ops", denied: false },
    { user: "eve", denied: true },
  ];
  const inOps = (user: string, group: string) => user === "ann" && group === "ops";
  expect([isListed(list, "ann", inOps), isListed(list, "eve", inOps), isListed(list, "bob", inOps)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(isListed([], "ann", inOps)).toBeUndefined();
});
