// Loaded into every Node process of Confed by the benchmark (--require), so that nothing of Confed is
// different for being measured. Listens at $CONFED_BENCH_INSIDE/<pid>.sock and does nothing until told:
//   loop    measure how late the event loop is, from now on
//   loop?   what was measured, as JSON
//   heap?   what is held after a garbage collection, as JSON; counts unhandled rejections from then on
//   prof    begin a CPU profile
//   prof?   end it and write <pid>.cpuprofile beside the socket's directory
const { createServer } = require("node:net");
const { writeFileSync } = require("node:fs");
const { monitorEventLoopDelay } = require("node:perf_hooks");
const { basename } = require("node:path");
const { setFlagsFromString } = require("node:v8");
const { runInNewContext } = require("node:vm");

const dir = process.env.CONFED_BENCH_INSIDE;
/** A probe each time: coarse enough to cost nothing, fine enough for a bound of 50 ms. */
const RESOLUTION_MS = 10;

if (dir !== undefined) {
  let loop;
  let session;
  let unhandled;
  const name = basename(process.argv[1] ?? "node").replace(/\W+/g, "-");
  const orders = {
    loop() {
      loop ??= monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      loop.enable();
      loop.reset();
      return {};
    },
    "loop?"() {
      if (loop === undefined) return {};
      // Node's histogram holds the whole interval between probes.
      const late = (ns) => Math.max(0, ns / 1e6 - RESOLUTION_MS);
      const answer = {
        p50Ms: late(loop.percentile(50)),
        p99Ms: late(loop.percentile(99)),
        maxMs: late(loop.max),
      };
      loop.disable();
      return answer;
    },
    "heap?"() {
      if (unhandled === undefined) {
        unhandled = 0;
        process.on("unhandledRejection", () => {
          unhandled += 1;
        });
      }
      setFlagsFromString("--expose-gc");
      runInNewContext("gc")();
      const { heapUsed, external } = process.memoryUsage();
      const sockets = process.getActiveResourcesInfo().filter((each) => /^(TCPSocket|TLS)Wrap$/.test(each));
      return { heapBytes: heapUsed + external, sockets: sockets.length, unhandled };
    },
    prof() {
      const { Session } = require("node:inspector");
      session = new Session();
      session.connect();
      session.post("Profiler.enable");
      session.post("Profiler.start");
      return {};
    },
    "prof?"() {
      session?.post("Profiler.stop", (error, result) => {
        const role = process.argv.includes("agent") ? "agent" : process.argv.includes("head") ? "head" : name;
        if (!error)
          writeFileSync(
            `${process.env.CONFED_BENCH_PROFILES}/${role}-${process.pid}-${Date.now()}.cpuprofile`,
            JSON.stringify(result.profile),
          );
      });
      session?.disconnect();
      session = undefined;
      return {};
    },
  };
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      socket.end(JSON.stringify({ name, ...orders[bytes.toString().trim()]?.() }));
    });
    socket.unref();
  });
  server.on("error", () => undefined);
  server.listen(`${dir}/${process.pid}.sock`);
  server.unref();
}
