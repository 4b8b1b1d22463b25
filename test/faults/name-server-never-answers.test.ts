import { spawnSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { closeSync, constants, openSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { consoleTable, spawnRack } from "@confed/simulator";
import { ConfedRig, echoTimes, percentile } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";

/** Of its own: the agent alone is made to see it, in a mount namespace. */
const NAME_SERVER = "127.99.53.1";
const why = whyNot();

// Both block a thread of the pool that the runtime has for files and names, until it has none.
test.skipIf(why !== undefined)(
  `a name server that never answers and files that never open stop nobody else, twice, and it heals${why ?? ""}`,
  async () => {
    const rig = new ConfedRig();
    const server = await startNameServer();
    await using rack = await spawnRack({ consoles: 2, linesPerSecond: 0 });
    const resolvConf = join(rig.directory, "resolv.conf");
    writeFileSync(resolvConf, `nameserver ${NAME_SERVER}\noptions timeout:30 attempts:5\n`);
    const inHosts = await rig.device("in-hosts");
    const named = await rig.device("named0");
    // More of them than the resolver asks, and the agent dials, at once.
    const naming = Array.from({ length: 100 }, (_, index) => ({
      ...named.entry,
      name: `named${index}`,
      host: `console${index}.rack.test`,
    }));
    const knownHosts = join(rig.directory, "known_hosts");
    const port = await closingPort();
    const filing = Array.from({ length: POOL_THREADS + 1 }, (_, index) => ({
      ...{ name: `filed${index}`, transport: "ssh", host: "127.0.0.1", port },
      ...{ user: "root", password: { env: "HOME" }, knownHosts, onDemand: true },
    }));
    const head = await rig.startHead();
    const script = `mount --bind "$0" /etc/resolv.conf && exec "$@"`;
    const agent = await rig.startAgent({
      heads: [head.address],
      wrapper: ["unshare", "-m", "sh", "-c", script, resolvConf],
      env: { UV_THREADPOOL_SIZE: String(POOL_THREADS) },
      consoles: [...naming, ...filing, { ...inHosts.entry, host: "localhost" }, ...consoleTable(rack)],
    });
    const screen = rig.watch(head);
    const neighbour = rack.consoleName(1);
    await screen.shows(neighbour, "CONNECTED");
    // The last of the table, and before any of the others gave up.
    expect(screen.history.filter(({ state }) => state === "WAITING")).toEqual([]);
    const viewer = rig.attach(agent, { console: neighbour });
    await viewer.whenOpened();

    for (let round = 1; round <= 2; round += 1) {
      const heal = hangingFile(knownHosts);
      const wanting = filing.map(({ name }) => rig.attach(agent, { console: name }));
      await Promise.all(wanting.map((each) => each.whenOpened()));
      if (round === 1) {
        const stuck = await screen.shows("named0", "WAITING");
        expect(stuck.cause).toMatchObject({ code: "name_unresolved", subject: "console0.rack.test" });
        expect(stuck.cause?.message).toContain("did not answer");
        expect(server.asked).toBeGreaterThan(0);
        const ls = rig.rcons(head, "ls", "named7");
        expect(await ls.exited).toBe(0);
        expect(ls.output).toMatch(/named7 .*(waiting.*console7\.rack\.test|connecting)/);
      } else {
        // Who was found once is found again, at the address that was the last good one.
        const logged = agent.process.lines.length;
        await named.breakOff();
        const { console: name } = await agent.process.logged("console down", {}, logged);
        await agent.process.logged("console up", { console: name }, logged);
      }
      // Numbers and /etc/hosts do not need it; what runs, runs.
      await screen.shows("in-hosts", "CONNECTED");
      const echoMs = await echoTimes(viewer, 200);
      const lateness = await rack.lateness();
      expect(percentile(echoMs, 0.99)).toBeLessThan(50 + (lateness.void ? lateness.p99Ms : 0));
      expect(agent.log(neighbour).length).toBeGreaterThan(0);

      heal();
      server.answer("127.0.0.1");
      await screen.shows("named0", "CONNECTED");
      await screen.shows("named99", "CONNECTED");
      // Let in to read the file, and refused by what is no ssh server.
      for (const { name } of filing) await screen.shows(name, "WAITING");
      for (const each of wanting) each.stream.end();
      server.answer(undefined);
    }
    expect(agent.process.lines.filter(({ level }) => level === "error")).toEqual([]);
  },
);

const POOL_THREADS = 2;

/** Of a server that closes every connection at once. */
async function closingPort(): Promise<number> {
  const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A file whose opening waits until it is healed: it is then an empty one. */
function hangingFile(path: string): () => void {
  rmSync(path, { force: true });
  spawnSync("mkfifo", [path]);
  return () => {
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    rmSync(path);
    writeFileSync(path, "");
    closeSync(fd);
  };
}

interface NameServer {
  /** Questions so far. */
  readonly asked: number;
  /** From now on, answer what is asked for addresses with this one, or not at all. */
  answer(address: string | undefined): void;
}

async function startNameServer(): Promise<NameServer> {
  const socket: Socket = createSocket("udp4");
  socket.bind(53, NAME_SERVER);
  await once(socket, "listening");
  onTestFinished(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  let asked = 0;
  let address: string | undefined;
  socket.on("message", (query, from) => {
    asked += 1;
    if (address !== undefined) socket.send(answerTo(query, address), from.port, from.address);
  });
  return {
    get asked() {
      return asked;
    },
    answer(said) {
      address = said;
    },
  };
}

/** RFC 1035, 4.1: the header and the question again, and for type A one answer that points to its name. */
function answerTo(query: Buffer, address: string): Buffer {
  let nameEnd = 12;
  while (query[nameEnd] !== 0) nameEnd += 1 + (query[nameEnd] ?? 0);
  const questionEnd = nameEnd + 5;
  const isA = query.readUInt16BE(nameEnd + 1) === 1;
  const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split(".").map(Number)]);
  const head = Buffer.from(query.subarray(0, questionEnd));
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(isA ? 1 : 0, 6);
  head.writeUInt32BE(0, 8);
  return isA ? Buffer.concat([head, answer]) : head;
}

function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return " (skipped: needs root, to give the agent a resolv.conf of its own)";
  const { status } = spawnSync("unshare", ["-m", "true"]);
  return status === 0 ? undefined : " (skipped: unshare -m does not work here)";
}
