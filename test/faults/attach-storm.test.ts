import { setMaxListeners } from "node:events";
import { consoleTable, spawnRack } from "@confed/simulator";
import { ConfedRig, residentBytesOf } from "@confed/testkit";
import type { AttachRequest, AttachResponseReceived, Channel, Duplex } from "@confed/wire";
import { expect, test } from "vitest";

const CONSOLES = 100;
const ON_ONE = 500;
const ON_MANY = 1_000;
/** As in the agent's own bounds. */
const PER_CONSOLE_MAX = 1_000;
const RSS_PER_VIEWER_BYTES_MAX = 64 * 1024;

test("500 viewers of one console and 1,000 of a hundred cost what they may, each of two times", async () => {
  const rig = new ConfedRig();
  await using rack = await spawnRack({ consoles: CONSOLES, linesPerSecond: 0 });
  const agent = await rig.startAgent({ consoles: consoleTable(rack) });
  const popular = rack.consoleName(0);
  for (const index of [0, CONSOLES - 1])
    await agent.process.logged("console up", { console: rack.consoleName(index) });
  const writer = rig.attach(agent, { console: popular, subject: "writer@a" });
  await writer.whenOpened();
  // As many streams on a connection as a head has, and as few as a person.
  const channels = Array.from({ length: 50 }, () => rig.channel(agent));
  for (let round = 1; round <= 2; round += 1) {
    const before = residentBytesOf(agent.process.pid);
    const crowd = await storm(
      channels,
      Array.from({ length: ON_ONE }, () => popular),
    );
    const many = await storm(
      channels,
      Array.from({ length: ON_MANY }, (_, i) => rack.consoleName(1 + (i % (CONSOLES - 1)))),
    );
    const perViewer = (residentBytesOf(agent.process.pid) - before) / (ON_ONE + ON_MANY);
    process.stdout.write(`storm ${round}: ${(perViewer / 1024).toFixed(1)} KiB of RSS a viewer\n`);
    expect(perViewer).toBeLessThan(RSS_PER_VIEWER_BYTES_MAX);
    // All of them see what is typed, and nobody is refused.
    writer.type(`${round}`);
    await Promise.all(crowd.map((viewer) => viewer.shown(1)));
    const status = await rig.channel(agent).client.inspect({ console: popular }, { signal });
    expect(status.viewers[0]).toMatchObject({ subject: "writer@a", mode: "WRITE" });
    expect(status.viewers.length + status.viewersUnlisted).toBe(ON_ONE + 1);
    for (const viewer of [...crowd, ...many]) viewer.leave();
    await Promise.all([...crowd, ...many].map((viewer) => viewer.left));
  }
});

test("one viewer too many on a console is refused by name, and let in when there is room again, twice", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const agent = await rig.startAgent({ consoles: [device.entry] });
  await agent.process.logged("console up");
  const channels = Array.from({ length: 10 }, () => rig.channel(agent));
  const crowd = await storm(
    channels,
    Array.from({ length: PER_CONSOLE_MAX }, () => "n1"),
  );
  for (const _round of [1, 2]) {
    const run = rig.rcons(agent, "n1");
    expect(await run.exited).toBe(11);
    expect(run.stderr).toContain("1000 viewers are attached already");
    expect(run.stderr).toContain("rcons who");
    const one = crowd.pop();
    one?.leave();
    await one?.left;
    crowd.push(...(await storm(channels, ["n1"])));
  }
  for (const viewer of crowd) viewer.leave();
  await Promise.all(crowd.map((viewer) => viewer.left));
});

const signal = new AbortController().signal;
setMaxListeners(0, signal);

/** As little of a client as there can be: what is measured is the agent. */
interface Watching {
  /** Resolves when so many bytes were shown. */
  shown(bytes: number): Promise<void>;
  leave(): void;
  readonly left: Promise<void>;
}

async function storm(
  channels: readonly Channel<"Agent">[],
  consoles: readonly string[],
): Promise<Watching[]> {
  return Promise.all(
    consoles.map((console, index) => watch(channels[index % channels.length]!, console, index)),
  );
}

function watch({ client }: Channel<"Agent">, console: string, index: number): Promise<Watching> {
  return new Promise((resolve, reject) => {
    const stream: Duplex<AttachResponseReceived, AttachRequest> = client.attach({ signal });
    let shownBytes = 0;
    let wake = (): void => undefined;
    let gone = (): void => undefined;
    const left = new Promise<void>((settle) => (gone = settle));
    stream.receive(
      ({ opened, output, end }) => {
        if (output) shownBytes += output.data.byteLength;
        if (end) reject(new Error(end.error?.message));
        wake();
        if (!opened) return;
        resolve({
          left,
          leave: () => {
            stream.end();
          },
          async shown(bytes) {
            while (shownBytes < bytes) await new Promise<void>((again) => (wake = again));
          },
        });
      },
      () => {
        gone();
      },
    );
    stream.send({ open: { console, mode: "VIEW", subject: `viewer${index}@storm` } });
  });
}
