import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseConsole } from "./console-table.ts";

let hasSameShape: (one: object, other: object) => boolean;
beforeAll(() => {
  setFlagsFromString("--allow-natives-syntax");
  hasSameShape = runInNewContext("(one, other) => %HaveSameMap(one, other)") as typeof hasSameShape;
});
afterAll(() => {
  setFlagsFromString("--no-allow-natives-syntax");
});

// What V8 knows of a shape takes 300 bytes: with one for each, ten thousand consoles would cost 3 MB more.
test.each([
  { transport: "tcp", port: 2_000 },
  { transport: "ssh", user: "root", agent: "/run/agent", keepalive: "5s" },
  { transport: "tcp", port: 2_000, connectTimeout: "5s", bringUpAfter: "1m" },
])("consoles of which the same is said are objects of one shape: %j", (said) => {
  // V8 goes other ways for what is done often.
  const consoles = Array.from({ length: 3_000 }, (_, at) =>
    parseConsole({ ...said, name: `n${at}`, host: `bmc-${at}` }),
  );
  const [last, ...others] = consoles.slice(-10);
  expect(others.map((other) => hasSameShape(last!, other))).toEqual(others.map(() => true));
});
