import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ConsoleTableEntry, consoleTable, spawnRack } from "@confed/simulator";
import { ConfedRig, type RigHead, writeAsXcat, type XcatNode, xcatFile } from "@confed/testkit";
import { expect, test } from "vitest";

const RACK = 1_200;
/** Of a host that is no service node of xCAT's: it has no file of its own. */
const PLAIN = ["ln1", "ln2", "ln3", "ln4"] as const;

const wayOf = (entry: ConsoleTableEntry) => [
  "type host;",
  `host ${entry.host};`,
  "protocol raw;",
  `port ${(entry as { readonly port: number }).port};`,
];

test("1,204 consoles of xCAT's over a head and three agents: one node changes, one link is touched, everybody is answered", async () => {
  const rig = new ConfedRig();
  const logs = join(rig.directory, "consoles");
  mkdirSync(logs);
  await using rack = await spawnRack({ consoles: RACK, linesPerSecond: 1 });
  const entries = consoleTable(rack);
  const half = entries.length / 2;
  const [first, second] = [entries.slice(0, half), entries.slice(half)];
  // What stands for the script that asks nodehm for the way to a node.
  const cons = join(rig.directory, "xcat-cons");
  writeFileSync(cons, '#!/bin/sh\necho "console of $1"\nexec cat\n');
  chmodSync(cons, 0o755);

  // The management node writes of others' nodes whose they are, and nothing else.
  const nodesOf = (list: readonly ConsoleTableEntry[], master: string): readonly XcatNode[] =>
    list.map(({ name }) => ({ name, master }));
  const management = [
    ...nodesOf(first, "sn01"),
    ...nodesOf(second, "sn02.cluster.example"),
    ...PLAIN.map((name) => ({ name, master: "ln01" })),
  ];
  const file = (name: string) => join(rig.directory, `${name}.cf`);
  await writeAsXcat(file("mn"), xcatFile(management, { logs }));
  const own = (list: readonly ConsoleTableEntry[]) =>
    xcatFile(
      list.map((entry) => ({
        name: entry.name,
        way: wayOf(entry),
      })),
      { logs },
    );
  await writeAsXcat(file("sn01"), own(first));
  await writeAsXcat(file("sn02"), own(second));

  const head = await rig.startHead({ head: { conserver: { file: file("mn"), exec: `${cons} &` } } });
  const heads = [head.address];
  const serviceNode = (id: string) =>
    rig.startAgent({ id, heads, consoles: [], agent: { conserver: { file: file(id) } } });
  const sn01 = await serviceNode("sn01");
  const sn02 = await serviceNode("sn02");
  const ln01 = await rig.startAgent({ id: "ln01", heads, consoles: [] });
  const screen = rig.watch(head);
  const whole = () =>
    screen.consoles.size === RACK + PLAIN.length &&
    [...screen.consoles.values()].every(({ state }) => state === "CONNECTED");
  await screen.until(whole);
  expect(screen.consoles.get("ln1")?.owner).toBe("ln01");
  expect(screen.consoles.get("ln2")?.target).toContain("xcat-cons ln2");

  const before = await rack.stats();
  let answered = 0;
  let writing = true;
  const attaching = (async () => {
    while (writing) {
      await isAnswered(rig, head, entries[(answered * 211) % RACK]!.name);
      answered += 1;
    }
  })();

  // makeconservercf of one node: both files are written anew, its stanza goes to the end of each.
  const moved = second[17]!;
  const last = <T extends { readonly name: string }>(list: readonly T[]) => [
    ...list.filter(({ name }) => name !== moved.name),
    ...list.filter(({ name }) => name === moved.name),
  ];
  const logged = sn02.process.lines.length;
  const changedFile = own(last(second)).replace(`host ${moved.host};`, `host ::ffff:${moved.host};`);
  await Promise.all([
    writeAsXcat(file("sn02"), changedFile),
    writeAsXcat(file("mn"), xcatFile(last(management), { logs })),
  ]);
  const read = await sn02.process.logged("configuration read again", { by: "a file that changed" }, logged);
  expect(read).toMatchObject({ start: 0, stop: 0, restart: 1, untouched: second.length - 1 });
  await sn02.process.logged("console up", { console: moved.name }, logged);
  await head.process.logged("configuration read again", { by: "a file changed" });
  writing = false;
  await attaching;
  expect(answered).toBeGreaterThan(0);
  const connectionsSince = async () => (await rack.stats()).connections - before.connections;
  // The rack knows of one when it accepts it, the agent when its kernel does.
  await expect.poll(connectionsSince).toBe(1);
  const downs = [sn01, sn02, ln01].flatMap(({ process: { lines } }) =>
    lines.filter(({ message }) => message === "console down").map(({ console: name }) => name),
  );
  expect(downs).toEqual([moved.name]);

  // A node that is gone from both files is gone here.
  const gone = second[3]!;
  const without = <T extends { readonly name: string }>(list: readonly T[]) =>
    list.filter(({ name }) => name !== gone.name);
  await writeAsXcat(file("sn02"), own(without(last(second))));
  await writeAsXcat(file("mn"), xcatFile(without(last(management)), { logs }));
  await screen.until(() => !screen.consoles.has(gone.name));
  await screen.until(
    () =>
      screen.consoles.size === RACK + PLAIN.length - 1 &&
      screen.consoles.get(moved.name)?.state === "CONNECTED",
  );
}, 180_000);

/** Somebody attaches through the head, is let in, and goes. */
async function isAnswered(rig: ConfedRig, head: RigHead, console: string): Promise<void> {
  const viewer = rig.attach(head, { console });
  await viewer.whenOpened();
  rig.close(viewer);
}
