import { ConfedRig } from "@confed/testkit";
import { expect, test } from "vitest";

test("a console has one writer; force takes the keyboard, and the one before is told by whom", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const agent = await rig.startAgent({ consoles: [device.entry] });
  const alice = rig.attach(agent, { console: "n1", subject: "alice@a" });
  expect(await alice.whenOpened()).toMatchObject({ mode: "WRITE", writer: "" });
  await agent.process.logged("console up");

  // Who comes second only watches, and is told who holds the keyboard.
  const bob = rig.attach(agent, { console: "n1", subject: "bob@b" });
  expect(await bob.whenOpened()).toMatchObject({ mode: "VIEW", writer: "alice@a" });
  const piped = rig.rcons(agent, "n1");
  piped.endInput();
  expect(await piped.exited).toBe(5);
  expect(piped.stderr).toContain("alice@a holds the keyboard");
  bob.type("not for the console");
  await bob.until(() => notices(bob).length > 0);
  expect(notices(bob)[0]).toContain("alice@a holds the keyboard");
  bob.stream.send({ setMode: { mode: "WRITE", force: false } });
  await bob.until(() => notices(bob).length > 1);
  expect(bob.messages.some(({ modeChanged }) => modeChanged)).toBe(false);

  // Force.
  const carol = rig.rcons(agent, "n1", "-f");
  await carol.told(", write, with ");
  await alice.until(() => modes(alice).length === 1);
  const [lost] = modes(alice);
  expect(lost?.mode).toBe("VIEW");
  expect(lost?.by).toMatch(/.@./);
  expect(lost?.by).not.toBe("alice@a");
  await bob.until(() => bob.messages.some(({ event }) => event?.kind === "WRITER_CHANGED"));
  await carol.type("from carol\r");
  await device.received.reached(11);
  alice.type("too late");
  await alice.until(() => notices(alice).length > 0);
  expect(notices(alice)[0]).toContain(`${lost?.by} holds the keyboard`);
  expect(device.received.bytes().toString()).toBe("from carol\r");
  // All of them go on seeing what the console prints.
  await device.feed(Buffer.from("for all\r\n"));
  await Promise.all([alice.saw("for all"), bob.saw("for all"), carol.printed("for all")]);

  // Who leaves frees the keyboard; nobody gets it without asking.
  carol.endInput();
  expect(await carol.exited).toBe(0);
  // The one with the pipe has the same name, and left before.
  await alice.until(() => left(alice).filter((subject) => subject === lost?.by).length === 2);
  expect(modes(alice)).toHaveLength(1);
  bob.stream.send({ setMode: { mode: "WRITE", force: false } });
  await bob.until(() => modes(bob).length === 1);
  expect(modes(bob)[0]).toMatchObject({ mode: "WRITE", by: "bob@b" });
  bob.type("bob");
  await device.received.reached(14);
  expect(device.received.bytes().toString()).toBe("from carol\rbob");
});

type Attached = ReturnType<ConfedRig["attach"]>;

function notices({ messages }: Attached): string[] {
  return messages.flatMap(({ event }) => (event?.kind === "NOTICE" ? [event.text] : []));
}

function left({ messages }: Attached): string[] {
  return messages.flatMap(({ event }) => (event?.kind === "VIEWER_LEFT" ? [event.subject] : []));
}

function modes({ messages }: Attached) {
  return messages.flatMap(({ modeChanged }) => modeChanged ?? []);
}
