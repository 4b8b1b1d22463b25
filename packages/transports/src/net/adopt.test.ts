import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type ListenOptions, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TelnetSession } from "@confed/codecs";
import { type Cancel, silentLogger, systemClock } from "@confed/kernel";
import {
  type AdoptedTarget,
  type AdoptingAnswer,
  type AdoptingRequest,
  FakeClock,
  LinkRecorder,
  type NumberedProgress,
  numberedBytes,
  takeNumbered,
} from "@confed/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { tcp } from "../tcp/tcp.ts";
import { telnet } from "../telnet/telnet.ts";
import type { PortableLink, Transport } from "../transport.ts";
import { unix } from "../unix/unix.ts";
import { LinkSocket } from "./link-socket.ts";
import { SocketLink } from "./socket-link.ts";

const SUCCESSOR = fileURLToPath(new URL("../../../testkit/dist/adopting-main.js", import.meta.url));

const LINKS = 200;
/** Each console prints so much at a time, and so often: together 10 MB/s. */
const PRINT = { bytes: 500, everyMs: 10 } as const;
/** Uneven, so that numbers are cut in the middle. */
const TYPE_BYTES = 50;

const KINDS = ["tcp", "unix", "telnet", "telnet without BINARY"] as const;
type Kind = (typeof KINDS)[number];

describe.each(KINDS)("%s links", (kind) => {
  test("go on in another process while their consoles print, and nobody notices", async () => {
    const { consoles, links, target } = await openLinks(kind, LINKS);
    typeInto(links, 0);
    await Promise.all(links.map((one) => one.brought(4_000)));
    typeInto(links, TYPE_BYTES); // The echo is for the successor to read.
    const readHere = await stopReading(links);
    const successor = await handOver(links, target);

    await Promise.all(consoles.map((one) => one.prints(10_000)));
    await Promise.all(links.map(({ link }) => link.close()));
    expect(links.map(({ progress: { printed } }) => printed)).toEqual(readHere);

    await successor.ask({ type: "go_on", typed: 2 * TYPE_BYTES, typeBytes: TYPE_BYTES, readBytes: 20_000 });
    const typed = 3 * TYPE_BYTES;
    await Promise.all(consoles.map((one) => one.hears(typed)));
    for (const one of consoles) one.stopPrinting();
    const ends = consoles.map(({ printed }) => ({ printed, typed }));
    expect(await successor.ask({ type: "finish", ends })).toEqual({
      type: "finished",
      links: ends,
      closed: 0,
    });
    expect(consoles.map(({ heard }) => heard)).toEqual(consoles.map(() => ({ printed: 0, typed })));
    expect(consoles.map(({ signsOfEnd }) => signsOfEnd)).toEqual(consoles.map(() => []));
    expect(consoles).toHaveLength(LINKS); // None was opened anew.

    await successor.end();
    await Promise.all(consoles.map((one) => one.ended()));
  }, 60_000);

  test("go on where they were when the process that was to have them dies, twice", async () => {
    const { consoles, links, target } = await openLinks(kind, 20);
    let typed = 0;
    for (let round = 0; round < 2; round += 1) {
      typeInto(links, typed);
      typed += TYPE_BYTES;
      await Promise.all(links.map((one) => one.brought(4_000)));
      const readHere = await stopReading(links);
      const successor = await handOver(links, target);
      await successor.end("SIGKILL");
      await Promise.all(consoles.map((one) => one.prints(2_000)));
      expect(links.map(({ progress: { printed } }) => printed)).toEqual(readHere);
      for (const { link } of links) link.resume();
    }
    typeInto(links, typed);
    typed += TYPE_BYTES;
    await Promise.all(consoles.map((one) => one.hears(typed)));
    for (const one of consoles) one.stopPrinting();
    const ends = consoles.map(({ printed }) => ({ printed, typed }));
    await Promise.all(links.map((one, at) => one.reached(ends[at] ?? { printed: 0, typed })));
    expect(links.map(({ progress }) => progress)).toEqual(ends);
    expect(consoles.map(({ heard }) => heard)).toEqual(consoles.map(() => ({ printed: 0, typed })));
    expect(consoles.map(({ signsOfEnd }) => signsOfEnd)).toEqual(consoles.map(() => []));
  }, 60_000);

  test("bring what was printed first when their console hangs up while nobody reads", async () => {
    const { consoles, links, target } = await openLinks(kind, 1);
    await Promise.all(links.map((one) => one.brought(4_000)));
    await stopReading(links);
    await Promise.all(consoles.map((one) => one.prints(10_000)));
    for (const one of consoles) one.hangUp();
    const successor = await handOver(links, target);
    await Promise.all(links.map(({ link }) => link.close()));
    await successor.ask({ type: "go_on", typed: 0, typeBytes: 0, readBytes: Number.MAX_SAFE_INTEGER });
    const ends = consoles.map(({ printed }) => ({ printed, typed: 0 }));
    expect(await successor.ask({ type: "finish", ends })).toEqual({
      type: "finished",
      links: ends,
      closed: 1,
    });
  });
});

test("a link tells whether input is unacknowledged, and one that goes on looks after it", async () => {
  const server = createServer((socket) => socket.resume()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = new LinkSocket();
  socket.connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "connect");
  const watched = new Set<object>();
  const inputWatch = {
    wrote: (link: object) => void watched.add(link),
    watches: (link: object) => watched.has(link),
    forget: (link: object) => void watched.delete(link),
  };
  const link = new SocketLink(socket, {
    sink: new LinkRecorder(),
    where: "n1:23",
    inputWatch,
    adopted: { watched: true },
  });
  expect(watched.has(link)).toBe(true);
  expect(link.snapshot()).toEqual({ watched: true });
  watched.clear();
  expect(link.snapshot()).toEqual({ watched: false });
  await link.close();
  expect(link.snapshot()).toBeUndefined();
  expect(link.descriptor).toBeUndefined();
  await new Promise((resolve) => server.close(resolve));
});

test.each([
  ["a descriptor that is not open", 1_000_000, { watched: false }, "descriptor 1000000 is no connection"],
  ["a snapshot that is none", 0, {}, "what is known of its link cannot be read"],
])("a link of %s is refused", (_, fd, snapshot, says) => {
  const transport = unix({ path: "/run/n1" })(deps());
  expect(() => transport.adopt?.({ fd, snapshot, sink: new LinkRecorder() })).toThrow(
    expect.objectContaining({
      code: "invalid_argument",
      where: "/run/n1",
      rawMessage: expect.stringContaining(says) as string,
    }),
  );
});

/** A link here, with everything that it brought checked. Waiting ends at a wrong byte, too. */
interface HereLink {
  readonly link: PortableLink;
  readonly progress: NumberedProgress;
  /** Resolves when the console has printed so much more. */
  brought(bytes: number): Promise<void>;
  reached(end: Pick<NumberedProgress, "printed" | "typed">): Promise<void>;
}

/**
 * The far end of one link: prints numbered bytes until told, and echoes what is typed. Waiting ends
 * at a wrong byte and at the end of the link, too.
 */
interface FarConsole {
  readonly printed: number;
  readonly heard: NumberedProgress;
  /** What a far end can notice of a link that ends, in order. */
  readonly signsOfEnd: string[];
  /** Resolves when so much was typed in all. */
  hears(typed: number): Promise<void>;
  /** Resolves when it has printed so much more. */
  prints(bytes: number): Promise<void>;
  ended(): Promise<void>;
  stopPrinting(): void;
  hangUp(): void;
}

function deps(clock = new FakeClock()) {
  const resolve = (host: string) => Promise.resolve([{ address: host, family: 4 as const }]);
  return { clock, logger: silentLogger, resolver: { resolve } };
}

async function openLinks(kind: Kind, count: number) {
  const directory = await mkdtemp(join(tmpdir(), "confed-adopt-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const listen = kind === "unix" ? { path: join(directory, "console.sock") } : { host: "127.0.0.1", port: 0 };
  const { consoles, port } = await startConsoles(kind, listen, count);
  const target: AdoptedTarget =
    listen.path !== undefined
      ? { kind: "unix", path: listen.path }
      : { kind: kind === "tcp" ? "tcp" : "telnet", host: "127.0.0.1", port };
  const clock = new FakeClock();
  const transport = transportOf(target)(deps(clock));
  const links = await Promise.all(Array.from({ length: count }, () => openLink(transport)));
  onTestFinished(async () => {
    await Promise.all(links.map(({ link }) => link.close()));
    expect(clock.pending).toBe(0);
  });
  return { consoles, links, target };
}

function transportOf(target: AdoptedTarget) {
  if (target.kind === "unix") return unix(target);
  return target.kind === "tcp" ? tcp(target) : telnet(target);
}

async function openLink(transport: Transport): Promise<HereLink> {
  const progress: NumberedProgress = { printed: 0, typed: 0 };
  const changes = new Changes();
  const opened = await transport.open({
    signal: new AbortController().signal,
    sink: {
      onData: (bytes) => {
        takeNumbered(progress, bytes);
        changes.tell();
      },
      onClosed: () => undefined,
    },
  });
  if (!("snapshot" in opened)) return expect.fail(`a ${transport.kind} link is not portable`);
  const link = opened as PortableLink;
  return {
    link,
    progress,
    brought(bytes) {
      const wanted = progress.printed + bytes;
      return changes.until(() => progress.fault !== undefined || progress.printed >= wanted);
    },
    reached: ({ printed, typed }) =>
      changes.until(
        () => progress.fault !== undefined || (progress.printed >= printed && progress.typed >= typed),
      ),
  };
}

function typeInto(links: readonly HereLink[], from: number): void {
  for (const { link } of links) link.write(numberedBytes("typed", from, TYPE_BYTES));
}

/** Pause, and let one turn pass. Resolves with what was read of each link: no more is, from now on. */
async function stopReading(links: readonly HereLink[]): Promise<number[]> {
  for (const { link } of links) link.pause();
  await new Promise((resolve) => setImmediate(resolve));
  return links.map(({ progress: { printed } }) => printed);
}

/** Start a process over the links; resolves when it has adopted all of them, and reads none. */
async function handOver(links: readonly HereLink[], target: AdoptedTarget) {
  await Promise.all(links.map(({ link }) => link.settled()));
  const fds = links.map(({ link }) => link.descriptor ?? expect.fail("a link has no descriptor"));
  const FIRST = 4;
  const child = spawn(process.execPath, [SUCCESSOR], {
    stdio: ["ignore", "inherit", "inherit", "ipc", ...fds],
  });
  onTestFinished(() => endChild(child));
  const ask = async (request: AdoptingRequest): Promise<AdoptingAnswer> => {
    const ended = once(child, "exit").then(() => expect.fail("the process that adopts has ended"));
    child.send(request);
    const [answer] = (await Promise.race([once(child, "message"), ended])) as [AdoptingAnswer];
    return answer;
  };
  const adopted = links.map(({ link, progress }, at) => {
    const snapshot = link.snapshot() ?? expect.fail("a settled link has no snapshot");
    return { target, fd: FIRST + at, snapshot, progress };
  });
  expect(await ask({ type: "adopt", links: adopted })).toEqual({ type: "adopted" });
  return { ask, end: (signal?: "SIGKILL") => endChild(child, signal) };
}

async function endChild(child: ChildProcess, signal?: "SIGKILL"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  if (signal === undefined) child.disconnect();
  else child.kill(signal);
  await exited;
}

/** Listen; `consoles` are those that somebody has connected to, in that order. */
async function startConsoles(kind: Kind, listen: ListenOptions, backlog: number) {
  const consoles: (FarConsole & { print(): void })[] = [];
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.push(socket);
    consoles.push(serveConsole(kind, socket));
  });
  server.listen({ ...listen, backlog });
  await once(server, "listening");
  // The real clock: how far each process has come while the consoles print is what is tested.
  let stop: Cancel | undefined;
  const printAll = () => {
    for (const one of consoles) one.print();
    stop = systemClock.after(PRINT.everyMs, printAll);
  };
  printAll();
  onTestFinished(async () => {
    stop?.();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { consoles, port: listen.path === undefined ? (server.address() as AddressInfo).port : 0 };
}

function serveConsole(kind: Kind, socket: Socket): FarConsole & { print(): void } {
  const session = new TelnetSession({ role: "server", binary: kind === "telnet" });
  const plain = kind === "tcp" || kind === "unix";
  const send = (bytes: Uint8Array) => void socket.write(plain ? bytes : session.encode(bytes));
  const heard: NumberedProgress = { printed: 0, typed: 0 };
  const signsOfEnd: string[] = [];
  const changes = new Changes();
  let printed = 0;
  let stopped = false;
  const over = () => signsOfEnd.length > 0 || heard.fault !== undefined;
  const hear = (bytes: Uint8Array) => {
    takeNumbered(heard, bytes);
    send(Uint8Array.from(bytes));
    changes.tell();
  };
  const outlet = {
    data: hear,
    reply: (bytes: Uint8Array) => void socket.write(bytes),
    event: () => undefined,
  };
  if (!plain) socket.write(session.start());
  socket.on("data", (bytes) => {
    if (plain) hear(bytes);
    else session.feed(bytes, outlet);
  });
  for (const sign of ["end", "error", "close"]) {
    socket.on(sign, () => {
      signsOfEnd.push(sign);
      changes.tell();
    });
  }
  return {
    get printed() {
      return printed;
    },
    heard,
    signsOfEnd,
    hears: (typed) => changes.until(() => over() || heard.typed >= typed),
    prints(bytes) {
      const wanted = printed + bytes;
      return changes.until(() => over() || printed >= wanted);
    },
    ended: () => changes.until(() => signsOfEnd.length > 0),
    print() {
      // A console that is not read stops printing: the successor is to have read all of it in time.
      if (stopped || socket.destroyed || socket.writableNeedDrain) return;
      send(numberedBytes("printed", printed, PRINT.bytes));
      printed += PRINT.bytes;
      changes.tell();
    },
    stopPrinting() {
      stopped = true;
    },
    hangUp() {
      stopped = true;
      socket.end();
    },
  };
}

/** Lets tests wait for something that they look at whenever it may have changed. */
class Changes {
  #waiters: (() => void)[] = [];

  tell(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((wake) => this.#waiters.push(wake));
  }
}
