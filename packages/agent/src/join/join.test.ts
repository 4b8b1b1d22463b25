import { ConfedError, silentLogger, systemClock } from "@confed/kernel";
import {
  type Handlers,
  type JoinReply,
  type JoinReportReceived,
  type Outlet,
  type RunningServer,
  startServer,
} from "@confed/wire";
import { afterEach, expect, test } from "vitest";
import type { Console } from "../console/console.ts";
import { ConsoleTable } from "../console/console-table.ts";
import { Viewers } from "../viewers/viewers.ts";
import { Join } from "./join.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Things in the order in which they came, taken one by one. */
class Line<T> {
  readonly #things: T[] = [];
  #wake: () => void = () => undefined;

  get size(): number {
    return this.#things.length;
  }

  put(thing: T): void {
    this.#things.push(thing);
    this.#wake();
  }

  async next(): Promise<T> {
    for (;;) {
      const thing = this.#things.shift();
      if (thing !== undefined) return thing;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const unused = () => Promise.reject(new ConfedError("internal", "not played"));

/** A head that a test plays: every join is handed over, with what the agent says on it. */
async function head() {
  const joins = new Line<{
    readonly reports: Line<JoinReportReceived>;
    readonly outlet: Outlet<JoinReply>;
  }>();
  const handlers: Handlers<"Head"> = {
    join(stream) {
      const reports = new Line<JoinReportReceived>();
      stream.receive(
        (report) => {
          reports.put(report);
        },
        () => {
          stream.end();
        },
      );
      joins.put({ reports, outlet: stream });
    },
    attach: () => undefined,
    tail: () => undefined,
    readLog: () => undefined,
    list: () => undefined,
    watch: () => undefined,
    resolve: () => ({ owner: "" }),
    inspect: unused,
    control: unused,
    status: unused,
    login: unused,
    logout: unused,
    whoAmI: unused,
    administer: unused,
    enroll: unused,
    renew: unused,
    enrolment: unused,
    follow: () => undefined,
    define: unused,
    definitions: () => undefined,
  };
  const server: RunningServer = await startServer({
    listen: { host: "127.0.0.1", port: 0 },
    services: { Head: handlers },
    logger: silentLogger,
  });
  closers.push(() => server.close());
  return { joins, port: server.port };
}

function tableOf(...names: string[]): ConsoleTable {
  const table = new ConsoleTable("sn01");
  for (const name of names) {
    const console = {
      name,
      state: { phase: "idle" },
      viewers: new Viewers({ wallTimeMs: () => 0 }),
      end: { logId: "a", offset: 0 },
      output: { lastWallMs: 0, logPath: "", trouble: undefined },
    } as unknown as Console;
    table.add({
      console,
      name,
      groups: [],
      labels: {},
      transport: "tcp",
      target: "here",
      description: "",
      source: "FILE",
      epoch: 0,
    });
  }
  return table;
}

function join(port: number, table: ConsoleTable): Join {
  const made = new Join(
    { host: "127.0.0.1", port },
    {
      agent: "sn01",
      advertise: ["127.0.0.1:7110"],
      version: "test",
      ticketEpoch: "life",
      trusting: () => () => undefined,
      instance: "i1",
      table,
      logLagMs: () => 0,
      clock: systemClock,
      logger: silentLogger,
      resolveHost: (host) => Promise.resolve([host]),
    },
  );
  closers.push(() => made.stop());
  made.start();
  return made;
}

const welcome: JoinReply = { welcome: { head: "h1", version: "test", heartbeatMs: 2_000 } };

test("a join says who it is, then everything, then what changes, each once", async () => {
  const { joins, port } = await head();
  const table = tableOf("n1", "n2");
  const joined = join(port, table);
  const { reports, outlet } = await joins.next();
  expect((await reports.next()).hello).toMatchObject({
    agent: "sn01",
    instance: "i1",
    advertise: ["127.0.0.1:7110"],
  });
  outlet.send(welcome);
  expect((await reports.next()).statuses?.consoles.map(({ name }) => name)).toEqual(["n1", "n2"]);
  expect((await reports.next()).synced).toBeTruthy();
  table.changed("n2");
  table.changed("n2");
  expect((await reports.next()).statuses?.consoles.map(({ name }) => name)).toEqual(["n2"]);
  expect(joined.status()).toMatchObject({ id: "h1", state: "up" });
});

test("a join that broke is tried again and tells everything anew, twice", async () => {
  const { joins, port } = await head();
  const joined = join(port, tableOf("n1"));
  for (const _round of [1, 2]) {
    const { reports, outlet } = await joins.next();
    await reports.next();
    outlet.send(welcome);
    expect((await reports.next()).statuses?.consoles).toHaveLength(1);
    outlet.end(new ConfedError("unavailable", "the head goes"));
  }
  const { reports } = await joins.next();
  expect((await reports.next()).hello).toBeTruthy();
  expect(joined.status()).toMatchObject({
    state: "connecting",
    cause: { code: "unavailable", message: "the head goes" },
  });
});

test("a heartbeat of the head is answered at once, with its number", async () => {
  const { joins, port } = await head();
  join(port, tableOf("n1"));
  const { reports, outlet } = await joins.next();
  outlet.send(welcome);
  for (let skipped = 0; skipped < 3; skipped += 1) await reports.next();
  for (const count of [7, 11]) {
    outlet.send({ heartbeat: { wallTimeMs: 1, count } });
    expect((await reports.next()).heartbeat).toMatchObject({ count });
  }
});

test("a refusal is shown as the cause, and asked about again", async () => {
  const { joins, port } = await head();
  const joined = join(port, tableOf("n1"));
  const first = await joins.next();
  const error = { code: "conflict", message: "sn01 is joined from elsewhere" };
  first.outlet.send({ refused: { error } });
  await joins.next();
  expect(joined.status()).toMatchObject({ state: "connecting", cause: error });
});

test("stopping while changes wait leaves nothing behind that could send them", async () => {
  const { joins, port } = await head();
  const table = tableOf("n1");
  const joined = join(port, table);
  const { reports, outlet } = await joins.next();
  await reports.next();
  outlet.send(welcome);
  await reports.next();
  await reports.next();
  table.changed("n1");
  await joined.stop();
  table.changed("n1");
  expect(reports.size).toBe(0);
});
