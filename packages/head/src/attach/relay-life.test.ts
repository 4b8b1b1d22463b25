import { ConfedError } from "@confed/kernel";
import { FakeClock, FakeStream, NOBODYS_CALL } from "@confed/testkit";
import {
  type AttachRequest,
  type AttachRequestReceived,
  type AttachResponse,
  type AttachResponseReceived,
  messageCodec,
} from "@confed/wire";
import { beforeEach, expect, test } from "vitest";
import { openHeadAccess } from "../access/open-head-access.ts";
import { Directory } from "../directory/directory.ts";
import type { knownStatus } from "../directory/known-status.ts";
import { Relay } from "./relay.ts";

const requests = messageCodec("AttachRequest");
const statuses = messageCodec("ConsoleStatus");
const gone = new ConfedError("canceled", "the client is gone");

let clock: FakeClock;
let client: FakeStream<AttachRequestReceived, AttachResponse>;
let agentSide: FakeStream<AttachResponseReceived, AttachRequest>;
let agentSignal: AbortSignal | undefined;
let connect: () => void;
let overs: number;
beforeEach(() => {
  clock = new FakeClock();
  client = new FakeStream("AttachResponse");
  agentSide = new FakeStream("AttachRequest");
  overs = 0;
  agentSignal = undefined;
  const directory = new Directory(() => 0);
  const agent = directory.admit({
    id: "sn01",

    instance: "i1",
    version: "1.0",
    advertise: [],
  });
  const n1 = statuses.decode(statuses.encode({ name: "n1" })) as Parameters<typeof knownStatus>[0];
  directory.report(agent, { consoles: [n1], removed: [] });
  const dialled = new Promise<unknown>((resolve) => {
    connect = () => {
      resolve({
        attach: ({ signal }: { signal: AbortSignal }) => {
          agentSignal = signal;
          return agentSide;
        },
      });
    };
  });
  const links = { of: () => ({ client: () => dialled }) };
  const caller = openHeadAccess.who(NOBODYS_CALL);
  new Relay(client, { clock, directory, links: links as never, caller }, () => (overs += 1));
});

function say(request: AttachRequest): void {
  client.say(requests.decode(requests.encode(request)) as AttachRequestReceived);
}

async function attached(): Promise<void> {
  say({ open: { console: "n1" } });
  connect();
  await new Promise((resolve) => setImmediate(resolve));
}

test("a client is not read between its open and the agent's connection", async () => {
  say({ open: { console: "n1" } });
  expect(client.paused).toBe(true);
  connect();
  await new Promise((resolve) => setImmediate(resolve));
  expect(client.paused).toBe(false);
  expect(agentSide.sent).toMatchObject([{ open: { console: "n1" } }]);
});

test("a client that never opens is told so after 10 s", () => {
  clock.advance(10_000);
  expect(client.sent).toMatchObject([{ end: { error: { code: "deadline_exceeded" }, reattach: false } }]);
  expect(overs).toBe(1);
});

test("an agent whose client is gone is half-closed, and cancelled only when it does not end", async () => {
  await attached();
  client.leave(gone);
  expect(agentSide.ended).toEqual({ error: undefined });
  expect(agentSignal?.aborted).toBe(false);
  clock.advance(10_000);
  expect(agentSignal?.aborted).toBe(true);
  expect(overs).toBe(1);
  expect(clock.pending).toBe(0);
});

test("an agent that ends after its client is not cancelled, and nothing stays armed", async () => {
  await attached();
  client.leave(gone);
  agentSide.leave();
  expect(clock.pending).toBe(0);
  expect(agentSignal?.aborted).toBe(false);
});

test("a client that goes while its agent is dialled costs the agent nothing", async () => {
  say({ open: { console: "n1" } });
  client.leave(gone);
  connect();
  await new Promise((resolve) => setImmediate(resolve));
  expect(agentSignal).toBeUndefined();
  expect(overs).toBe(1);
  expect(clock.pending).toBe(0);
});
