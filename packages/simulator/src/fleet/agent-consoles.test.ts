import { beforeEach, expect, test } from "vitest";
import { AgentConsoles, type Watching } from "./agent-consoles.ts";

let nowMs = 0;
let consoles: AgentConsoles;
beforeEach(() => {
  nowMs = 1_000;
  const names = Array.from({ length: 100 }, (_, index) => `n${index + 1}`);
  consoles = new AgentConsoles({ agent: "sim001", names, logBase: "0123abcd", wallTimeMs: () => nowMs });
});

const viewer = (shown: string[] = []): Watching => ({
  viewer: () => ({ sessionId: "s1", subject: "me@here", mode: "WRITE" }),
  show: (offset, data) => shown.push(`${offset} ${data.toString()}`),
});

test("a console is connected, lost with a cause when it changes, and back when it changes again", () => {
  expect(consoles.status(4)).toMatchObject({ name: "n5", owner: "sim001", state: "CONNECTED", cause: null });
  nowMs = 2_000;
  consoles.change(4);
  expect(consoles.status(4)).toMatchObject({
    state: "WAITING",
    sinceMs: 2_000,
    cause: { code: "connection_refused", subject: "n5" },
  });
  consoles.change(4);
  expect(consoles.status(4)).toMatchObject({ state: "CONNECTED", cause: null });
});

test("a console that somebody looks at is connected, and stays so until the last has left", () => {
  consoles.change(4);
  const leave = [consoles.watch(4, viewer()), consoles.watch(4, viewer())];
  consoles.change(4);
  expect(consoles.status(4)).toMatchObject({ state: "CONNECTED" });
  expect(consoles.status(4).viewers).toHaveLength(2);
  leave[0]?.();
  consoles.change(4);
  expect(consoles.status(4)).toMatchObject({ state: "CONNECTED" });
  leave[1]?.();
  consoles.change(4);
  expect(consoles.status(4)).toMatchObject({ state: "WAITING", viewers: [] });
});

test("what it prints moves its end and is shown to all who look", () => {
  const shown: string[] = [];
  consoles.print(0, Buffer.from("unseen"));
  consoles.watch(0, viewer(shown));
  consoles.watch(0, viewer(shown));
  consoles.print(0, Buffer.from("ab"));
  expect(shown).toEqual(["6 ab", "6 ab"]);
  expect(consoles.endOf(0)).toEqual({ logId: "0123abcd00000000", offset: 8 });
});

test("listeners hear of every change until they stop", () => {
  const heard: number[] = [];
  const stop = consoles.listen((index) => heard.push(index));
  consoles.change(7);
  consoles.watch(8, viewer())();
  stop();
  consoles.change(9);
  expect(heard).toEqual([7, 8, 8]);
});

test("selections find by name, pattern and label", () => {
  expect(consoles.select("")).toHaveLength(100);
  expect(consoles.select("n3,n1,other")).toHaveLength(2);
  expect(consoles.select("n1*")).toHaveLength(12);
  expect(consoles.select("rack=r3")).toHaveLength(20);
  expect(consoles.select("@fleet")).toHaveLength(100);
  expect(() => consoles.indexOf("n0")).toThrow(/no console "n0"/);
});
