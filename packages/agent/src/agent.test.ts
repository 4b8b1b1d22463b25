import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgentConfig, ConsoleSpec } from "@confed/config";
import { ConfedError, silentLogger, systemClock } from "@confed/kernel";
import { Attached } from "@confed/testkit";
import { type Open, openChannel } from "@confed/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startAgent } from "./assemble.ts";

const signal = new AbortController().signal;
let dir: string;
const closers: (() => unknown)[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "confed-agent-"));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(dir, { recursive: true });
});

/** A console that a test plays itself. */
class Device {
  readonly sockets: Socket[] = [];
  readonly server: Server;
  received = "";
  #waiters: (() => void)[] = [];

  constructor() {
    this.server = createServer((socket) => {
      this.sockets.push(socket);
      socket.on("data", (bytes: Buffer) => {
        this.received += bytes.toString("latin1");
        this.#wake();
      });
      socket.on("error", () => undefined);
      this.#wake();
    });
  }

  get socket(): Socket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("nobody connected");
    return socket;
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}

async function device(): Promise<Device & { readonly port: number }> {
  const made = new Device();
  await new Promise<void>((resolve) => made.server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    for (const socket of made.sockets) socket.destroy();
    made.server.close();
  });
  return Object.assign(made, { port: (made.server.address() as { port: number }).port });
}

function spec(port: number, more: Partial<ConsoleSpec> = {}): ConsoleSpec {
  const base = {
    name: "n1",
    transport: "tcp",
    host: "127.0.0.1",
    port,
    labels: {},
    groups: [],
    onDemand: false,
  };
  return { ...base, retry: { firstMs: 10, maxMs: 50 }, ...more } as ConsoleSpec;
}

async function agentOf(consoles: ConsoleSpec[]) {
  const listen = { host: "127.0.0.1", port: 0 };
  const config: AgentConfig = {
    agent: { id: "sn01", listen, advertise: [listen], heads: [], stateDir: join(dir, "state") },
    logs: { pathTemplate: join(dir, "logs/&.log"), mode: 0o640 },
    consoles,
    files: [],
  };
  const agent = await startAgent(config, {
    clock: systemClock,
    logger: silentLogger,
    version: "test",
    env: {},
    residentBytes: () => 0,
  });
  const channel = openChannel("Agent", `127.0.0.1:${agent.port}`);
  const stop = async () => {
    channel.close();
    await agent.stop();
  };
  closers.push(stop);
  const attach = (open: Partial<Open> = {}) =>
    new Attached(channel.client.attach({ signal }), {
      console: "n1",
      mode: "WRITE",
      subject: "tester",
      ...open,
    });
  return { agent, channel, attach, stop, log: () => readFileSync(join(dir, "logs/n1.log"), "latin1") };
}

test("a viewer sees what the console prints, types, and the log has it", async () => {
  const far = await device();
  const { attach, stop, log } = await agentOf([spec(far.port)]);
  await far.until(() => far.sockets.length === 1);
  const viewer = attach();
  expect((await viewer.whenOpened()).mode).toBe("WRITE");
  far.socket.write("login: ");
  await viewer.saw("login: ");
  viewer.type("root\r");
  await viewer.inputTaken();
  await far.until(() => far.received === "root\r");
  await stop();
  expect(log()).toBe("login: ");
});

test("what a viewer is told first is how it found the console, and then what became of it", async () => {
  const far = await device();
  const { attach } = await agentOf([spec(far.port, { onDemand: true })]);
  const viewer = attach();
  await viewer.until(() => viewer.messages.some(({ event }) => event?.state === "CONNECTED"));
  const told = viewer.messages.map(({ hello, opened, event }) =>
    hello ? "hello" : (opened?.status?.state ?? event?.state),
  );
  expect(told).toEqual(["hello", "IDLE", "CONNECTING", "CONNECTED"]);
});

test("a link that opens after its viewer came, and one that opens again, have the viewer's window", async () => {
  const argv = ["/bin/sh", "-c", "read key; stty size; read key"];
  const { attach } = await agentOf([spec(0, { transport: "exec", argv, env: {}, onDemand: true })]);
  const viewer = attach({ window: { columns: 132, rows: 43 } });
  for (const links of [1, 2]) {
    await viewer.until(
      () => viewer.messages.filter(({ event }) => event?.state === "CONNECTED").length === links,
    );
    viewer.type("\r");
    await viewer.until(() => viewer.output.toString().split("43 132").length - 1 === links);
    viewer.stream.send({ reconnect: {} });
  }
});

test("a second writer becomes a viewer, force takes the keyboard and names who did", async () => {
  const far = await device();
  const { attach } = await agentOf([spec(far.port)]);
  const first = attach({ subject: "alice" });
  await first.whenOpened();
  const second = attach({ subject: "bob" });
  expect(await second.whenOpened()).toMatchObject({ mode: "VIEW", writer: "alice" });
  const third = attach({ subject: "carol", force: true });
  expect((await third.whenOpened()).mode).toBe("WRITE");
  await first.until(() =>
    first.messages.some(({ modeChanged }) => modeChanged?.mode === "VIEW" && modeChanged.by === "carol"),
  );
});

test("offsets go on after a clean stop, and a viewer gets what it missed from its position", async () => {
  const far = await device();
  const one = await agentOf([spec(far.port)]);
  const before = one.attach();
  const opened = await before.whenOpened();
  far.socket.write("first ");
  await before.saw("first ");
  await one.stop();
  expect(before.ended).toMatchObject({ reattach: true });

  const two = await agentOf([spec(far.port)]);
  await far.until(() => far.sockets.length === 2);
  const witness = two.attach();
  await witness.whenOpened();
  far.socket.write("second");
  await witness.saw("second");
  const back = two.attach({ from: { logId: opened.start?.logId ?? "", offset: 0 } });
  await back.saw("first second");
  expect(back.output.toString()).toBe("first second");
  expect(back.gaps).toEqual([]);
});

test("a fresh viewer may see the last lines first", async () => {
  const far = await device();
  const { attach } = await agentOf([spec(far.port)]);
  const first = attach();
  await first.whenOpened();
  far.socket.write("one\ntwo\nthree\nlogin: ");
  await first.saw("login: ");
  const second = attach({ replayLines: 2 });
  await second.saw("login: ");
  expect(second.output.toString()).toBe("three\nlogin: ");
});

test("an unknown console and a position of nowhere are named errors", async () => {
  const far = await device();
  const { attach } = await agentOf([spec(far.port)]);
  expect(await attach({ console: "n2" }).whenEnded()).toMatchObject({ code: "not_found" });
  expect(await attach({ console: "../n1" }).whenEnded()).toMatchObject({ code: "not_found" });
  const foreign = attach({ from: { logId: "0123456789abcdef", offset: 5 } });
  await foreign.until(() => foreign.gaps.length > 0);
  expect(foreign.gaps[0]).toMatchObject({ reason: "LOG_RESET" });
});

test("a console that hangs up comes back, and its viewer is told", async () => {
  const far = await device();
  const { attach } = await agentOf([spec(far.port)]);
  const viewer = attach();
  await viewer.whenOpened();
  far.socket.end("bye");
  const states = () => viewer.messages.flatMap(({ event }) => (event?.kind === "STATE" ? [event.state] : []));
  await far.until(() => far.sockets.length === 2);
  far.socket.write("back");
  await viewer.saw("byeback");
  expect(states()).toEqual(expect.arrayContaining(["WAITING", "CONNECTING", "CONNECTED"]));
});

test("an on-demand console is connected only while somebody is attached", async () => {
  const far = await device();
  const { attach, channel } = await agentOf([spec(far.port, { onDemand: true })]);
  expect(await channel.client.inspect({ console: "n1" }, { signal })).toMatchObject({ state: "IDLE" });
  const viewer = attach();
  await far.until(() => far.sockets.length === 1);
  const gone = new Promise((resolve) => far.socket.once("close", resolve));
  viewer.stream.end();
  await gone;
});

test("a console that refuses is waiting with its cause, and reads as such", async () => {
  const far = await device();
  const { port } = far;
  await new Promise((resolve) => far.server.close(resolve));
  const { attach } = await agentOf([spec(port)]);
  const viewer = attach();
  await viewer.until(() => viewer.messages.some(({ event }) => event?.cause?.code === "connection_refused"));
  viewer.type("x");
  await viewer.until(() =>
    viewer.messages.some(({ event }) => event?.kind === "NOTICE" && event.text.includes("discarded")),
  );
});

test("what a console did not get is said in the acknowledgement, with why", async () => {
  const far = await device();
  const { attach } = await agentOf([spec(far.port)]);
  await far.until(() => far.sockets.length === 1);
  const writer = attach({ subject: "alice" });
  const spy = attach({ mode: "VIEW" });
  await writer.whenOpened();
  await spy.whenOpened();
  spy.type("abc");
  await spy.inputTaken();
  const { inputAck } = spy.messages.find((message) => message.inputAck) ?? {};
  expect(inputAck).toMatchObject({ offset: 3, discarded: 3, cause: { code: "console_busy" } });
  writer.type("ok");
  await writer.inputTaken();
  expect(writer.messages.find((message) => message.inputAck)?.inputAck).toMatchObject({
    discarded: 0,
    cause: null,
  });
});

test("an outage is as old as its first failure, however often it was tried since", async () => {
  const far = await device();
  const { port } = far;
  await new Promise((resolve) => far.server.close(resolve));
  const { attach, channel } = await agentOf([spec(port)]);
  const status = () => channel.client.inspect({ console: "n1" }, { signal });
  const viewer = attach();
  await viewer.whenOpened();
  const { sinceMs } = await status();
  const failures = () => viewer.messages.filter(({ event }) => event?.state === "WAITING").length;
  await viewer.until(() => failures() >= 3);
  expect((await status()).sinceMs).toBe(sinceMs);
});

test("readLog gives every byte with its position, then where live output goes on", async () => {
  const far = await device();
  const { attach, channel } = await agentOf([spec(far.port)]);
  const viewer = attach();
  await viewer.whenOpened();
  const blob = Buffer.alloc(300_000, "0123456789abcde\n");
  far.socket.write(blob);
  await viewer.until(() => viewer.output.byteLength === blob.byteLength);
  const chunks: Buffer[] = [];
  const end = await new Promise<number>((resolve, reject) => {
    let endOffset = -1;
    channel.client.readLog({ console: "n1" }, { signal }).receive(
      ({ chunk, end: last }) => {
        if (chunk) chunks.push(chunk.data);
        if (last) endOffset = last.offset;
      },
      (error) => {
        if (error === undefined) resolve(endOffset);
        else reject(error);
      },
    );
  });
  expect(Buffer.concat(chunks).equals(blob)).toBe(true);
  expect(end).toBe(blob.byteLength);
});

test("a tail carries many consoles on one stream and goes on from given positions", async () => {
  const far = await device();
  const other = await device();
  const { attach, channel } = await agentOf([spec(far.port), spec(other.port, { name: "n2" })]);
  const one = attach();
  const two = attach({ console: "n2" });
  const opened = await one.whenOpened();
  await two.whenOpened();
  await far.until(() => far.sockets.length === 1);
  await other.until(() => other.sockets.length === 1);
  far.socket.write("early ");
  await one.saw("early ");
  const seen = new Map<string, string>();
  const names = new Map<number, string>();
  await new Promise<void>((resolve, reject) => {
    const { logId = "" } = opened.start ?? {};
    const stop = new AbortController();
    channel.client
      .tail({ selection: "n1,n2,n3", from: { n1: { logId, offset: 0 } } }, { signal: stop.signal })
      .receive(
        (message) => {
          for (const { number, console } of message.names?.names ?? []) names.set(number, console);
          if (names.size === 2 && message.names) {
            far.socket.write("late");
            other.socket.write("other");
          }
          let at = 0;
          message.batch?.consoles.forEach((number, i) => {
            const name = names.get(number) ?? "?";
            const length = message.batch?.lengths[i] ?? 0;
            seen.set(
              name,
              (seen.get(name) ?? "") + (message.batch?.data.subarray(at, at + length).toString() ?? ""),
            );
            at += length;
          });
          if (message.notice) seen.set("notice", message.notice.code);
          if (seen.get("n1") === "early late" && seen.get("n2") === "other")
            stop.abort(new ConfedError("canceled", "seen"));
        },
        (error) => {
          if (error?.code === "canceled") resolve();
          else reject(error ?? new Error("ended"));
        },
      );
  });
  expect(seen.get("notice")).toBe("not_found");
});
