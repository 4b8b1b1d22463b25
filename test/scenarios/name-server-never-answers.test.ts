import { spawnSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfedRig } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";

/** Of its own: the agent alone is made to see it, in a mount namespace. */
const NAME_SERVER = "127.99.53.1";
const why = whyNot();

test.skipIf(why !== undefined)(
  `consoles whose name server never answers wait and say so, others do not notice, and it heals${why ?? ""}`,
  async () => {
    const rig = new ConfedRig();
    const server = await startNameServer();
    const resolvConf = join(rig.directory, "resolv.conf");
    writeFileSync(resolvConf, `nameserver ${NAME_SERVER}\noptions timeout:30 attempts:5\n`);
    const numeric = await rig.device("numeric");
    const inHosts = await rig.device("in-hosts");
    const named = await rig.device("named0");
    // More of them than the resolver asks, and the agent dials, at once.
    const hanging = Array.from({ length: 100 }, (_, index) => ({
      ...named.entry,
      name: `named${index}`,
      host: `console${index}.rack.test`,
    }));
    const head = await rig.startHead();
    const script = `mount --bind "$0" /etc/resolv.conf && exec "$@"`;
    const agent = await rig.startAgent({
      heads: [head.address],
      wrapper: ["unshare", "-m", "sh", "-c", script, resolvConf],
      consoles: [...hanging, { ...inHosts.entry, host: "localhost" }, numeric.entry],
    });
    const screen = rig.watch(head);
    await screen.shows("numeric", "CONNECTED");
    // The last of the table, and before any of the others gave up.
    expect(screen.history.filter(({ state }) => state === "WAITING")).toEqual([]);
    const stuck = await screen.shows("named0", "WAITING");
    expect(stuck.cause).toMatchObject({ code: "name_unresolved", subject: "console0.rack.test" });
    expect(stuck.cause?.message).toContain("did not answer");
    expect(server.asked).toBeGreaterThan(0);
    const ls = rig.rcons(head, "ls", "named7");
    expect(await ls.exited).toBe(0);
    expect(ls.output).toMatch(/named7 .*(waiting.*console7\.rack\.test|connecting)/);

    // Numbers and /etc/hosts do not need it; what runs, runs.
    await screen.shows("in-hosts", "CONNECTED");
    const viewer = rig.attach(agent, { console: "numeric" });
    await viewer.whenOpened();
    await numeric.feed(Buffer.from("still here\r\n"));
    await viewer.saw("still here");
    viewer.type("yes");
    await numeric.received.reached(3);

    server.answer("127.0.0.1");
    await screen.shows("named0", "CONNECTED");
    await screen.shows("named99", "CONNECTED");
    expect(agent.process.lines.filter(({ level }) => level === "error")).toEqual([]);
  },
);

interface NameServer {
  /** Questions so far. */
  readonly asked: number;
  /** From now on, answer what is asked for addresses with this one. */
  answer(address: string): void;
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
