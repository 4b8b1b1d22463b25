import { readdirSync } from "node:fs";
import { silentLogger, systemClock } from "@confed/kernel";
import {
  type Call,
  type Handlers,
  type Outlet,
  type ReadLogResponse,
  startServer,
  type TlsMaterial,
} from "@confed/wire";
import { TestAuthority, TestTls } from "./test-authority.ts";

// The program of a test: a server over TLS that echoes what is typed, in a process whose memory and
// descriptors can be measured (node --expose-gc). Users with a certificate may do all of it; whoever has
// none, only ask for the status, which proves nothing.

/** What the process says at first; then it answers each message with its figures. */
export interface GuardedStart {
  readonly port: number;
  readonly authorities: string;
  readonly user: { readonly key: string; readonly certificate: string };
}

export interface GuardedFigures {
  readonly heapBytes: number;
  readonly residentBytes: number;
  readonly descriptors: number;
  /** Attach calls that are not over. */
  readonly streams: number;
  /** The longest time that the loop stood still since the last question. */
  readonly stalledMs: number;
  readonly cpuMs: number;
  /** Promises that were rejected and nobody looked. */
  readonly unhandled: number;
}

let streams = 0;
let unhandled = 0;
process.on("unhandledRejection", () => {
  unhandled += 1;
});

const unserved = () => Promise.reject(new Error("not in this test"));

const handlers: Handlers<"Agent"> = {
  attach(stream) {
    streams += 1;
    stream.signal.addEventListener("abort", () => {
      streams -= 1;
    });
    let offset = 0;
    stream.send({ hello: { agent: "sn01" } });
    stream.receive(
      ({ open, input }) => {
        if (open) stream.send({ opened: { mode: "WRITE" } });
        if (!input) return;
        stream.send({ output: { data: input.data, offset, endOffset: offset + input.data.byteLength } });
        offset += input.data.byteLength;
      },
      () => {
        stream.end();
      },
    );
  },
  readLog(_request, outlet) {
    void bulk(outlet);
  },
  tail: (_request, outlet) => {
    outlet.end();
  },
  list: (_request, outlet) => {
    outlet.end();
  },
  inspect: unserved,
  control: unserved,
  upgrade: unserved,
  status: (_request, _signal, call: Call) => Promise.resolve({ role: "agent", id: call.peer.class }),
};

/** As much as is taken. */
async function bulk(outlet: Outlet<ReadLogResponse>): Promise<void> {
  const data = Buffer.alloc(60_000, "x");
  while (!outlet.signal.aborted) {
    outlet.send({ chunk: { data } });
    await outlet.drained(256 * 1024);
  }
}

const authority = new TestAuthority();
const tls = new TestTls<TlsMaterial>({
  authorities: authority.authorities,
  identify: authority.identify,
  lockedOut: new Set<string>(),
  ...authority.issue({ name: "agent/sn01" }),
});
const user = authority.issue({ name: "user/anna" }, "users");
const plain = process.argv.includes("--plain");
const server = await startServer({
  listen: { host: "127.0.0.1", port: 0 },
  services: { Agent: handlers },
  tls: plain ? undefined : tls,
  logger: silentLogger,
});

const LOOK_MS = 10;
let lastMs = systemClock.nowMs();
let stalledMs = 0;
function look(): void {
  const nowMs = systemClock.nowMs();
  stalledMs = Math.max(stalledMs, nowMs - lastMs - LOOK_MS);
  lastMs = nowMs;
  systemClock.after(LOOK_MS, look);
}
look();

process.on("message", () => {
  gc?.();
  const { heapUsed, rss, external } = process.memoryUsage();
  const { user: userMicros, system } = process.cpuUsage();
  const figures: GuardedFigures = {
    heapBytes: heapUsed + external,
    residentBytes: rss,
    descriptors: readdirSync("/proc/self/fd").length,
    streams,
    stalledMs,
    cpuMs: (userMicros + system) / 1_000,
    unhandled,
  };
  stalledMs = 0;
  process.send?.(figures);
});
process.on("disconnect", () => {
  authority[Symbol.dispose]();
  void server.close().then(() => process.exit());
});
process.send?.({ port: server.port, authorities: authority.authorities, user } satisfies GuardedStart);
