import { fileURLToPath } from "node:url";
import { consoleTable, startRack, verifyLog } from "@confed/simulator";
import { ConfedRig, readToTheEnd } from "@confed/testkit";
import { spawn as spawnTerminal } from "node-pty";
import { expect, onTestFinished, test, vi } from "vitest";

const RCONS = fileURLToPath(new URL("../../packages/rcons/dist/rcons.mjs", import.meta.url));
const MIB = 1024 * 1024;
/** Beyond what windows, sockets and the bound of a viewer (1 MiB) hold together, and what is replayed is more. */
const FLOOD_BYTES = 10 * MIB;
const PIECE_BYTES = 256 * 1024;
const ROUNDS = 2;

/** A viewer that reads nothing: its terminal's process is stopped, as a suspended laptop stops it. */
test("a viewer that stops reading is let go after 10 s, says so when it goes on, and is attached again", async () => {
  const rig = new ConfedRig();
  await using rack = await startRack({ consoles: 3, lineBytes: 1024, linesPerSecond: 0 });
  const agent = await rig.startAgent({ consoles: consoleTable(rack) });
  const [name = "", quietName = "", heldName = ""] = [0, 1, 2].map((index) => rack.consoleName(index));
  for (const console of [name, quietName, heldName]) await agent.process.logged("console up", { console });
  const reader = rig.attach(agent, { console: name, mode: "VIEW", subject: "reader@a" });
  // Nothing is ever printed there, and nobody types: no reason to end anything.
  const quiet = rig.attach(agent, { console: quietName, subject: "quiet@a" });
  await Promise.all([reader.whenOpened(), quiet.whenOpened()]);
  const events = (kind: string) => reader.messages.filter(({ event }) => event?.kind === kind).length;

  // A client that is gone without a word: nothing waits for it, and it holds the keyboard.
  const gone = rig.rcons(agent, heldName);
  await gone.told("[n0003 on sn01");
  gone.freeze(true);

  const terminal = spawnTerminal(
    process.execPath,
    [RCONS, "--agent", agent.address, "--raw-terminal", name],
    {
      env: { ...process.env, CONFED_HEAD: "", TERM: "xterm" },
    },
  );
  onTestFinished(() => terminal.kill("SIGKILL"));
  let said = "";
  terminal.onData((data) => (said += data));
  const shows = (text: RegExp) =>
    vi.waitFor(() => expect(text.test(said), `rcons says ${text}: ${own(said)}`).toBe(true), {
      timeout: 20_000,
      interval: 50,
    });
  await shows(/\[n0001 on sn01/);

  let printed = 0;
  const flood = async (bytes: number) => {
    for (const end = printed + bytes; printed < end; ) {
      const piece = Math.min(PIECE_BYTES, end - printed);
      printed += piece;
      await rack.flood(0, piece);
      await reader.until(() => reader.endOffset === printed);
    }
  };
  for (let round = 1; round <= ROUNDS; round += 1) {
    said = "";
    process.kill(terminal.pid, "SIGSTOP");
    await flood(FLOOD_BYTES);
    await reader.until(() => events("VIEWER_LEFT") === round);
    process.kill(terminal.pid, "SIGCONT");
    await shows(/nothing was read here for 10 s, retry now/);
    await shows(/\[back after /);
    expect(events("VIEWER_CAME")).toBe(round + 1);
    await flood(1024);
    const last = reader.output.subarray(-1024).toString("latin1");
    await vi.waitFor(() => expect(said.endsWith(last)).toBe(true), { timeout: 10_000 });
  }
  // Keepalive has found it by now: whoever comes has the keyboard without taking it from anybody.
  const next = rig.attach(agent, { console: heldName });
  expect((await next.whenOpened()).mode).toBe("WRITE");
  gone.freeze(false);
  await gone.told(/holds the keyboard/);
  expect(quiet.ended).toBeUndefined();
  quiet.type("x");
  await quiet.inputTaken();
  expect(reader.gaps).toEqual([]);
  await readToTheEnd(rack, agent.process);
  await agent.process.stop();
  expect(agent.gaps(name)).toEqual([]);
  expect(await verifyLog(agent.log(name), await rack.sent(0))).toMatchObject({ exact: true });
  expect(reader.output.equals(agent.log(name))).toBe(true);
});

/** The lines of rcons itself, which are dim. */
const own = (said: string) => said.match(/\[[a-z][^\]\n]{10,300}\]\x1b/g)?.join("\n") ?? "";
