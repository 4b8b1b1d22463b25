import { ConfedError } from "@confed/kernel";
import { ALL_BYTES, HeadRig, Inbox, randomBytes } from "@confed/testkit";
import type {
  AttachRequest,
  AttachRequestReceived,
  AttachResponse,
  AttachResponseReceived,
  Duplex,
  Handlers,
} from "@confed/wire";
import { afterEach, beforeEach, expect, test } from "vitest";

type AgentStream = Duplex<AttachRequestReceived, AttachResponse>;

let rig: HeadRig;
beforeEach(async () => {
  rig = await HeadRig.start();
});
afterEach(() => rig.close());

const refuse = () => Promise.reject(new ConfedError("not_found", "not here"));

/** An agent that serves attaches by `attach`, and nothing else. */
function agentWith(attach: (stream: AgentStream) => void): Handlers<"Agent"> {
  return {
    attach,
    tail: () => undefined,
    readLog: () => undefined,
    list: () => undefined,
    inspect: refuse,
    control: refuse,
    status: refuse,
    upgrade: refuse,
  };
}

/** Says hello and opened, echoes input, says good-bye when the client does. */
function echo(stream: AgentStream): void {
  stream.send({ hello: { agent: "sn01", nonce: Buffer.from("nonce") } });
  stream.receive(
    ({ open, input }) => {
      if (open) stream.send({ opened: { sessionId: "s1", writer: open.subject } });
      if (input) {
        const { offset, data } = input;
        stream.send({ output: { offset, endOffset: offset + data.length, data } });
      }
    },
    () => {
      stream.end();
    },
  );
}

async function joined(attach: (stream: AgentStream) => void, console = "n1") {
  const served = await rig.serveAgent(agentWith(attach));
  const agent = await rig.join({ id: "sn01", consoles: [{ name: console }], advertise: [served.address] });
  return { ...served, agent };
}

function attach(console: string): {
  stream: Duplex<AttachResponseReceived, AttachRequest>;
  inbox: Inbox<AttachResponseReceived>;
} {
  const stream = rig.client.attach({ signal: rig.signal });
  const inbox = new Inbox(stream);
  stream.send({ open: { console, mode: "WRITE", subject: "ann@ws" } });
  return { stream, inbox };
}

const outputOf = (inbox: Inbox<AttachResponseReceived>) =>
  Buffer.concat(inbox.messages.flatMap(({ output }) => (output ? [output.data] : [])));
const lastEnd = (inbox: Inbox<AttachResponseReceived>) => inbox.messages.at(-1)?.end;

test("every byte passes a relay both ways, in order, whatever it is", async () => {
  await joined(echo);
  const { stream, inbox } = attach("n1");
  const sent: Buffer[] = [];
  let offset = 0;
  for (let round = 0; round < 100; round++) {
    const data = Buffer.concat([ALL_BYTES, randomBytes(1 + ((round * 37) % 900), round + 1)]);
    // At once: nothing waits for opened, and nothing may overtake open.
    stream.send({ input: { offset, data } });
    offset += data.length;
    sent.push(data);
  }
  await inbox.until(() => outputOf(inbox).length >= offset);
  expect(outputOf(inbox).equals(Buffer.concat(sent))).toBe(true);
  expect(inbox.messages[0]?.hello).toMatchObject({ agent: "sn01", nonce: Buffer.from("nonce") });
  expect(inbox.messages[1]?.opened).toMatchObject({ writer: "ann@ws" });
  stream.end();
  expect(await inbox.end()).toBeUndefined();
  expect(lastEnd(inbox)).toBeUndefined();
});

test("an agent's end passes, and with it the relay ends", async () => {
  await joined((stream) => {
    stream.receive(
      () => {
        stream.send({ end: { error: { code: "console_busy", message: "ann has it" } } });
        stream.end();
      },
      () => undefined,
    );
  });
  const { inbox } = attach("n1");
  expect(await inbox.end()).toBeUndefined();
  expect(lastEnd(inbox)).toMatchObject({
    error: { code: "console_busy", message: "ann has it" },
    reattach: false,
  });
});

test("a client is told to attach again when the agent dies, and finds it when it is back", async () => {
  const { address, stop } = await joined(echo);
  const first = attach("n1");
  await first.inbox.until(() => first.inbox.messages.length === 2);
  await stop();
  await first.inbox.end();
  expect(lastEnd(first.inbox)).toMatchObject({
    error: { code: "agent_unreachable", subject: "sn01" },
    reattach: true,
  });
  // While it is away the answer is the same, and names what was dialled.
  const between = attach("n1");
  await between.inbox.end();
  expect(lastEnd(between.inbox)).toMatchObject({
    error: { code: "agent_unreachable", where: address },
    reattach: true,
  });
  await rig.serveAgent(agentWith(echo), Number(address.split(":")[1]));
  const again = attach("n1");
  await again.inbox.until(() => again.inbox.messages.length === 2);
  expect(again.inbox.messages[1]).toHaveProperty("opened");
});

test("an agent that was started again with a new address is dialled there", async () => {
  const { agent, stop } = await joined(echo);
  const first = attach("n1");
  await first.inbox.until(() => first.inbox.messages.length === 2);
  await stop();
  agent.kill();
  await rig.until(({ peers }) => peers[0]?.state === "down");
  const served = await rig.serveAgent(agentWith(echo));
  await rig.join({ id: "sn01", consoles: [{ name: "n1" }], advertise: [served.address], instance: "i2" });
  const again = attach("n1");
  await again.inbox.until(() => again.inbox.messages.length === 2);
  expect(again.inbox.messages[1]).toHaveProperty("opened");
});

test("what a process was asked is given up when another one joins in its name", async () => {
  const { address, agent } = await joined(echo);
  const { inbox } = attach("n1");
  await inbox.until(() => inbox.messages.length === 2);
  agent.kill();
  await rig.until(({ peers }) => peers[0]?.state === "down");
  // A relay does not need the join.
  expect(inbox.ended).toBeUndefined();
  await rig.join({ id: "sn01", consoles: [{ name: "n1" }], advertise: [address], instance: "i2" });
  await inbox.end();
  expect(lastEnd(inbox)).toMatchObject({ error: { code: "agent_unreachable" }, reattach: true });
});

test("an agent is dialled at the next address when the first does not answer", async () => {
  const served = await rig.serveAgent(agentWith(echo));
  const port = served.address.split(":")[1] ?? "";
  await rig.join({
    id: "sn01",
    consoles: [{ name: "n1" }],
    advertise: ["nowhere.invalid:7110", "127.0.0.1:1", `localhost:${port}`],
  });
  const { inbox } = attach("n1");
  await inbox.until(() => inbox.messages.length === 2);
  expect(inbox.messages[1]).toHaveProperty("opened");
});

test.each<[string, AttachRequest, string]>([
  ["a console that nobody has", { open: { console: "n9" } }, "not_found"],
  ["a name that leads elsewhere", { open: { console: "../x" } }, "invalid_argument"],
  ["input before open", { input: { data: Buffer.from("x") } }, "invalid_argument"],
])("%s ends the attach with its error", async (_what, message, code) => {
  await joined(echo);
  const stream = rig.client.attach({ signal: rig.signal });
  const inbox = new Inbox(stream);
  stream.send(message);
  expect(await inbox.end()).toBeUndefined();
  expect(lastEnd(inbox)?.error).toMatchObject({ code });
});

test("a client that vanishes ends its session at the agent by half-close", async () => {
  let left: (error: Error | undefined) => void = () => undefined;
  const leaving = new Promise<Error | undefined>((resolve) => (left = resolve));
  await joined((stream) => {
    stream.send({ hello: {} });
    stream.receive(
      () => undefined,
      (error) => {
        left(error);
        stream.end();
      },
    );
  });
  const channel = rig.connect();
  const stream = channel.client.attach({ signal: rig.signal });
  const inbox = new Inbox(stream);
  stream.send({ open: { console: "n1" } });
  await inbox.until(() => inbox.messages.length === 1);
  channel.close();
  expect(await leaving).toBeUndefined();
});

test("a client that does not read holds its agent back, and gets everything once it reads", async () => {
  const chunk = randomBytes(32 * 1024, 7);
  const chunks = 640; // 20 MB: far more than all windows and queues together.
  let agentSide: AgentStream | undefined;
  let opened: () => void = () => undefined;
  const opening = new Promise<void>((resolve) => (opened = resolve));
  await joined((stream) => {
    agentSide = stream;
    stream.receive(
      () => {
        opened();
        for (let at = 0; at < chunks; at++) stream.send({ output: { offset: at, data: chunk } });
      },
      () => {
        stream.end();
      },
    );
  });
  const slow = rig.client.attach({ signal: rig.signal });
  let receivedBytes = 0;
  let ordered = true;
  let all: () => void = () => undefined;
  const everything = new Promise<void>((resolve) => (all = resolve));
  slow.receive(
    ({ output }) => {
      if (!output) return;
      ordered &&= output.offset === receivedBytes / chunk.length && output.data.equals(chunk);
      receivedBytes += output.data.length;
      if (receivedBytes === chunks * chunk.length) all();
    },
    () => undefined,
  );
  slow.pause();
  slow.send({ open: { console: "n1" } });
  await opening;
  expect(await rig.settled(() => agentSide?.backlogBytes ?? 0)).toBeGreaterThan(10_000_000);
  slow.resume();
  await everything;
  expect(ordered).toBe(true);
});

test("an agent that does not read holds its client back", async () => {
  let agentSide: AgentStream | undefined;
  const received: Buffer[] = [];
  let opened: () => void = () => undefined;
  const opening = new Promise<void>((resolve) => (opened = resolve));
  let all: () => void = () => undefined;
  const total = 200 * 60_000;
  const everything = new Promise<void>((resolve) => (all = resolve));
  await joined((stream) => {
    agentSide = stream;
    stream.receive(
      ({ input }) => {
        if (!input) {
          stream.pause();
          opened();
          return;
        }
        received.push(input.data);
        if (received.length * 60_000 === total) all();
      },
      () => {
        stream.end();
      },
    );
  });
  const { stream } = attach("n1");
  await opening;
  const data = randomBytes(60_000, 3);
  for (let at = 0; at < 200; at++) stream.send({ input: { offset: at * 60_000, data } });
  expect(await rig.settled(() => stream.backlogBytes)).toBeGreaterThan(5_000_000);
  agentSide?.resume();
  await everything;
  expect(received.every((piece) => piece.equals(data))).toBe(true);
});
