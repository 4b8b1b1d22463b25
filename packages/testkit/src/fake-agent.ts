import { ConfedError, matches, parseSelection, silentLogger } from "@confed/kernel";
import { type Handlers, type RunningServer, type ServerOptions, startServer } from "@confed/wire";
import { FakeConsole } from "./fake-console.ts";

/** A server that a test may kill and bring back at the same port. */
export interface FakeServer {
  /** `host:port`. */
  readonly address: string;
  /** Kill it: connections end without a word. Idempotent. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A scripted agent: {@link FakeConsole}s behind the real contract. */
export interface FakeAgent extends FakeServer {
  readonly consoles: ReadonlyMap<string, FakeConsole>;
  /** Throws "not_found" as an agent does. */
  console(name: string): FakeConsole;
  /** Selections of Control requests, in order. */
  readonly controlled: string[];
}

/** A head in front of a {@link FakeAgent}. */
export interface FakeHead extends FakeServer {
  /** What it says of the agent's addresses. */
  addresses: string[];
  relay: boolean;
  /** Attaches that went through it. */
  relayed: number;
}

const OWNER = "sn01";

/** Start an agent that owns consoles of these names. Whoever starts it stops it. */
export async function startFakeAgent(names: readonly string[]): Promise<FakeAgent> {
  const consoles = new Map(names.map((name) => [name, new FakeConsole(name, OWNER)]));
  const controlled: string[] = [];
  const server = await restartable({ Agent: agentHandlers(consoles, controlled) });
  return {
    ...server,
    consoles,
    controlled,
    console: (name) => find(consoles, name),
    async stop() {
      await server.stop();
      for (const fake of consoles.values()) fake.sessions = [];
    },
  };
}

/** Start a head that knows one agent's consoles; it relays to them by itself. */
export async function startFakeHead(agent: FakeAgent): Promise<FakeHead> {
  const behind = agentHandlers(agent.consoles, agent.controlled);
  const said = { addresses: [agent.address], relay: true, relayed: 0 };
  const server = await restartable({
    Head: {
      ...behind,
      attach(stream, call) {
        said.relayed += 1;
        behind.attach(stream, call);
      },
      join: () => undefined,
      watch: () => undefined,
      login: unplayed,
      logout: unplayed,
      whoAmI: unplayed,
      administer: unplayed,
      enroll: unplayed,
      renew: unplayed,
      enrolment: unplayed,
      follow: () => undefined,
      define: unplayed,
      definitions: () => undefined,
      resolve: ({ console }) => ({
        owner: OWNER,
        direct: said.addresses.map((address) => ({ address })),
        relay: said.relay,
        status: agent.console(console).describe(),
      }),
    },
  });
  return Object.assign(said, server);
}

const unplayed = () => Promise.reject(new ConfedError("internal", "not played"));

function agentHandlers(consoles: ReadonlyMap<string, FakeConsole>, controlled: string[]): Handlers<"Agent"> {
  const selected = (selection: string, states: readonly string[] = []) => {
    const wanted = parseSelection(selection === "" ? "*" : selection);
    return [...consoles.values()].filter(
      ({ name, status }) =>
        matches(wanted, { name, groups: status.groups ?? [], labels: status.labels ?? {} }) &&
        (states.length === 0 || states.includes(String(status.state))),
    );
  };
  return {
    attach(stream) {
      let session: ReturnType<FakeConsole["attach"]> | undefined;
      let console: FakeConsole | undefined;
      stream.receive(
        (message) => {
          if (session !== undefined) console?.receive(session, message);
          else if (message.open) {
            stream.send({ hello: { agent: OWNER } });
            console = find(consoles, message.open.console);
            session = console.attach(stream, message.open);
          }
        },
        () => {
          if (session !== undefined) console?.leave(session);
          stream.end();
        },
      );
    },
    tail({ selection, from }, outlet) {
      selected(selection).forEach((console, index) => {
        const offset = from[console.name]?.offset ?? console.endOffset;
        const data = console.output.subarray(offset - console.base);
        outlet.send({
          names: {
            names: [{ number: index, console: console.name, start: { logId: console.logId, offset } }],
          },
        });
        if (data.length > 0)
          outlet.send({ batch: { consoles: [index], offsets: [offset], lengths: [data.length], data } });
        const stop = console.onPrint((at, bytes) => {
          outlet.send({ batch: { consoles: [index], offsets: [at], lengths: [bytes.length], data: bytes } });
        });
        outlet.signal.addEventListener("abort", stop, { once: true });
      });
    },
    readLog({ console: name, start, lastLines }, outlet) {
      const { output, base, endOffset, logId } = find(consoles, name);
      const lines = output.toString("latin1").split(/(?<=\n)/);
      const kept = start === "lastLines" ? lines.slice(-(lastLines ?? 0)).join("").length : output.length;
      const offset = endOffset - kept;
      outlet.send({
        chunk: { offset, data: output.subarray(offset - base), wallTimeMs: Date.UTC(2026, 0, 1) },
      });
      outlet.send({ end: { logId, offset: endOffset } });
      outlet.end();
    },
    list({ selection, states }, outlet) {
      for (const console of selected(selection, states)) outlet.send({ consoles: [console.describe()] });
      outlet.end();
    },
    inspect: async ({ console }) => find(consoles, console).describe(),
    control: async ({ selection }) => {
      controlled.push(selection);
      return { consoles: selected(selection).map(({ name }) => name) };
    },
    status: async () => ({ role: "agent", id: OWNER }),
    upgrade: () => Promise.reject(new ConfedError("failed_precondition", "a fake agent has no successor")),
  };
}

function find(consoles: ReadonlyMap<string, FakeConsole>, name: string): FakeConsole {
  const found = consoles.get(name);
  if (found !== undefined) return found;
  throw new ConfedError("not_found", "there is no such console", {
    subject: name,
    hint: "rcons ls shows all",
  });
}

async function restartable(services: ServerOptions["services"]): Promise<FakeServer> {
  const start = (port: number) =>
    startServer({ listen: { host: "127.0.0.1", port }, services, logger: silentLogger });
  let server: RunningServer | undefined = await start(0);
  const { port } = server;
  return {
    address: `127.0.0.1:${port}`,
    async stop() {
      const stopped = server;
      server = undefined;
      await stopped?.close();
    },
    async start() {
      server ??= await start(port);
    },
  };
}
