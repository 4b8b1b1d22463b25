import { formatHostPort } from "@confed/kernel";
import { expect, test } from "vitest";
import { chooseHost } from "./choose-host.ts";

/** Everything that somebody could have said, the first of which counts. */
const ENV = { CONSERVER: "sn02", CONFED_HEAD: "mn:7200", XCATHOST: "mn:3001" };

function chosen(host: string | undefined, env: Readonly<Record<string, string | undefined>>, head?: string) {
  const { targets, why } = chooseHost(host, { head }, env);
  const asked = targets.kind === "agent" ? [targets.agent] : [...targets.heads, targets.local?.()];
  return `${asked.flatMap((each) => (each === undefined ? [] : [formatHostPort(each)])).join(" or ")}; ${why}`;
}

test("a host is chosen as xCAT's rcons does: argument, CONSERVER, the owner, XCATHOST, localhost", () => {
  expect(chosen("sn01", ENV)).toBe("sn01:7100 or sn01:7110; asking sn01, the argument");
  expect(chosen(undefined, ENV)).toBe("sn02:7100 or sn02:7110; asking sn02, of CONSERVER");
  // It is inherited, and empty is not said.
  const without = { ...ENV, CONSERVER: "" };
  expect(chosen(undefined, without)).toBe(
    "mn:7200; asking the node's owner, as mn:7200 (CONFED_HEAD) knows it",
  );
  expect(chosen(undefined, { XCATHOST: "mn:3001" })).toBe("mn:7100 or mn:7110; asking mn, of XCATHOST");
  expect(chosen(undefined, { XCATHOST: "mn" })).toBe("mn:7100 or mn:7110; asking mn, of XCATHOST");
  expect(chosen(undefined, {})).toBe("127.0.0.1:7100; asking localhost: nothing else is named");
});

test("an option counts more than anything in the environment, and not beside an argument", () => {
  expect(chosen(undefined, ENV, "mn9")).toBe("mn9:7100; asking the node's owner, as mn9 knows it");
  expect(() => chosen("sn01", ENV, "mn9")).toThrow("sn01 and --head, --agent or --socket exclude each other");
  expect(() => chosen("a b", {})).toThrow("a b");
  expect(() => chosen(undefined, { CONSERVER: "a b" })).toThrow("a b");
});
