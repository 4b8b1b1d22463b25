import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { silentLogger } from "@confed/kernel";
import { FakeClock, LinkRecorder } from "@confed/testkit";
import { LINK_LIMITS, tcp } from "@confed/transports";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";

const run = promisify(execFile);

// A half-open link. The far end lives in a network namespace of its own whose way back to us is then cut: it
// gets our input, we never hear of it again. The kernel's clock is real, only ours is moved on.

const space = `confed-f11-${process.pid}`;
// RFC 2544's addresses for tests: nobody's real network.
const ours = { name: `cf${process.pid}`, address: "198.18.77.1" };
const theirs = { name: "far", address: "198.18.77.2" };
const why = await run("ip", ["netns", "add", space]).then(
  () => "",
  (reason: unknown) => `no network namespace can be made here: ${String(reason)}`,
);
afterAll(async () => {
  if (why !== "") return;
  // The interface first and by itself: the kernel takes a namespace apart when it finds the time,
  // and an address that is left over would lead the next run astray.
  await run("ip", ["link", "del", ours.name]).catch(() => undefined);
  await run("ip", ["netns", "del", space]);
});

test("a far end that stops acknowledging input is found and its last output not lost, twice", async (context) => {
  if (why !== "") return context.skip(why);
  await run("ip", ["link", "add", ours.name, "type", "veth", "peer", "name", theirs.name, "netns", space]);
  await run("ip", ["addr", "add", `${ours.address}/30`, "dev", ours.name]);
  await run("ip", ["link", "set", ours.name, "up"]);
  await run("ip", ["-n", space, "addr", "add", `${theirs.address}/30`, "dev", theirs.name]);
  await run("ip", ["-n", space, "link", "set", theirs.name, "up"]);

  const program = `const s = require("net").createServer((c) => { c.on("error", () => 0); c.on("data", () => c.write("echo")); });
    s.listen(0, ${JSON.stringify(theirs.address)}, () => console.log(s.address().port));`;
  const console0 = spawn("ip", ["netns", "exec", space, process.execPath, "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    if (console0.kill("SIGKILL")) await once(console0, "exit");
  });
  const [port] = (await once(createInterface({ input: console0.stdout }), "line")) as [string];

  for (const _round of [1, 2]) await lostAndFound(Number(port));
});

/** One link, from its opening to its end, with the way back cut meanwhile. The way is open before and after. */
async function lostAndFound(port: number): Promise<void> {
  const clock = new FakeClock();
  const recorder = new LinkRecorder();
  const resolver = { resolve: () => Promise.resolve([{ address: theirs.address, family: 4 as const }]) };
  const transport = tcp({ host: theirs.address, port })({
    clock,
    logger: silentLogger,
    resolver,
  });
  const link = await transport.open({ signal: new AbortController().signal, sink: recorder });
  onTestFinished(() => link.close());
  link.write(Buffer.from("a"));
  await recorder.printed("echo");

  // The echo of "b" waits in our kernel, unread, when the way is cut.
  link.pause();
  link.write(Buffer.from("b"));
  await until(() => receiveQueue(port) === 4);
  await run("ip", ["-n", space, "route", "add", "blackhole", `${ours.address}/32`]);
  link.write(Buffer.from("c"));
  await until(() => retransmits(port) > 0);

  for (let poll = 1; poll <= 4; poll += 1) {
    clock.advance(10_000);
    // The last of them gives up instead of coming again.
    if (poll < 4) await until(() => clock.pending === 1);
  }
  // Too much at once is refused by a live link; one that has ended takes nothing and says 0.
  const tooMuch = Buffer.alloc(LINK_LIMITS.writeBacklogBytesMax + 1);
  await until(() => link.write(tooMuch) === 0);
  expect(recorder.closedCount).toBe(0);
  link.resume();
  expect(await recorder.closed).toMatchObject({
    by: "failure",
    error: {
      code: "peer_silent",
      where: `${theirs.address}:${port}`,
      message: expect.stringContaining("stopped acknowledging input") as string,
    },
  });
  expect(recorder.text()).toBe("echoecho");
  expect(clock.pending).toBe(0);
  // Healed: the next one gets through.
  await run("ip", ["-n", space, "route", "del", "blackhole", `${ours.address}/32`]);
}

/** Something outside this process that nobody tells us about. */
const until = (condition: () => boolean) =>
  vi.waitFor(
    () => {
      if (!condition()) throw new Error(`did not come to be: ${String(condition)}`);
    },
    { timeout: 10_000 },
  );
/** A column of our connection's row in the kernel's table; the port is the far end's. */
const column = (port: number, index: number): string => {
  const end = procNetEnd(theirs.address, port);
  // Connected, that is; the kernel may still be ending the one before.
  const row = readFileSync("/proc/net/tcp", "latin1")
    .split("\n")
    .map((line) => line.trim().split(/ +/))
    .find(([, , remote, state]) => remote === end && state === "01");
  return row?.[index] ?? "";
};
const procNetEnd = (address: string, port: number): string => {
  const hex = Buffer.from(address.split(".").map(Number).reverse()).toString("hex");
  return `${hex}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
};
const receiveQueue = (port: number) => Number.parseInt(column(port, 4).split(":")[1] ?? "", 16);
const retransmits = (port: number) => Number.parseInt(column(port, 6), 16);
