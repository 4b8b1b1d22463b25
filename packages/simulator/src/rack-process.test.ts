import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ConsolePeer } from "../testing/console-peer.ts";
import { consoleTable, consoleTableJsonLines } from "./console-table.ts";
import { describeLateness } from "./lateness.ts";
import { describeLogReport } from "./log-report.ts";
import { LogVerifier } from "./log-verifier.ts";
import { startRack } from "./rack.ts";
import { type RackProcess, spawnRack } from "./rack-process.ts";

let rack: RackProcess | undefined;

afterEach(async () => {
  await rack?.close();
  rack = undefined;
});

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("a rack in a process of its own", () => {
  it("sends 1,000 consoles x 10 lines/s for 2 seconds without losing one, and says how late it was", async () => {
    const consoles = 1000;
    rack = await spawnRack({ consoles, linesPerSecond: 10 });
    const read = new Collector();
    await read.connect(rack);
    const wantedLines = consoles * 10 * 2;
    await read.has(wantedLines * rack.options.lineBytes);
    for (let i = 0; i < consoles; i += 1) await rack.hangUp(i);
    await read.ended();
    const sent = await rack.sentAll();
    for (const [i, report] of sent.entries()) {
      const verifier = new LogVerifier(report);
      verifier.push(Buffer.concat(read.logs[i] ?? []));
      const verdict = verifier.finish();
      expect(verdict.exact, describeLogReport(verdict)).toBe(true);
      expect(verdict.lines).toBe(report.lines);
    }
    const { lines } = await rack.stats();
    expect(lines).toBeGreaterThanOrEqual(wantedLines);
    const lateness = await rack.lateness();
    expect(lateness.lines).toBe(lines);
    process.stderr.write(`  ${describeLateness(lateness)}\n`);
  }, 30_000);

  it("obeys, answers, and refuses as a rack in the same process does", async () => {
    rack = await spawnRack({ consoles: 2, mode: "echo" });
    expect(rack.consoleName(1)).toBe("n0002");
    const peer = await ConsolePeer.connect(rack.addressOf(1), rack.tcpPort);
    await rack.flood(1, 800);
    await peer.until(({ bytes }) => bytes.length >= 800);
    await rack.hangUp(1);
    await peer.ended;
    expect(await rack.sent(1)).toMatchObject({ lines: 10, connections: [{ firstSeq: 1, lastSeq: 10 }] });
    await expect(rack.hangUp(2)).rejects.toMatchObject({ code: "invalid_argument", subject: "console" });
    const taken = spawnRack({ consoles: 1, tcpPort: rack.tcpPort ?? 0 });
    await expect(taken).rejects.toMatchObject({ code: "conflict" });
  });

  it("is gone after close, and when its signal is aborted; calls after that say so", async () => {
    const abort = new AbortController();
    rack = await spawnRack({ consoles: 1 }, { signal: abort.signal });
    const { pid } = rack;
    expect(isAlive(pid)).toBe(true);
    abort.abort();
    await rack.close();
    expect(isAlive(pid)).toBe(false);
    await expect(rack.stats()).rejects.toMatchObject({ code: "process_exited" });
  });

  it("rejects what waits when the child is killed", async () => {
    rack = await spawnRack({ consoles: 1 });
    process.kill(rack.pid, "SIGKILL");
    await expect(Promise.race([rack.sentAll(), rack.stats()])).rejects.toMatchObject({
      code: "process_exited",
    });
  });

  it("ends by SIGTERM", async () => {
    rack = await spawnRack({ consoles: 1 });
    process.kill(rack.pid, "SIGTERM");
    await rack.close();
    expect(isAlive(rack.pid)).toBe(false);
  });
});

describe("consoleTable", () => {
  it("lists every console as an agent's table has it", async () => {
    await using local = await startRack({ consoles: 50, mode: "echo", telnetPort: 0, sshPort: 0 });
    const table = consoleTable(local);
    expect(table).toHaveLength(50);
    expect(table[49]).toEqual({
      name: "n0050",
      transport: "telnet",
      host: "127.1.0.50",
      port: local.telnetPort,
      labels: { rack: "r2", unit: "u08" },
      groups: ["compute"],
    });
    expect(consoleTable(local, "ssh")[0]).toMatchObject({
      transport: "ssh",
      user: "root",
      port: local.sshPort,
    });
    const lines = consoleTableJsonLines(table).split("\n");
    expect(lines).toHaveLength(51);
    expect(JSON.parse(lines[0] ?? "")).toEqual(table[0]);
  });
});

/** Reads many consoles at once, with one promise for all of them. */
class Collector {
  readonly logs: Buffer[][] = [];
  readonly #ends: Promise<void>[] = [];
  #bytes = 0;
  #wanted: { readonly bytes: number; readonly resolve: () => void } | undefined;

  async connect(from: RackProcess): Promise<void> {
    const sockets = Array.from({ length: from.options.consoles }, (_, i) =>
      connect({ host: from.addressOf(i), port: from.tcpPort ?? 0 }),
    );
    for (const socket of sockets) {
      const log: Buffer[] = [];
      this.logs.push(log);
      this.#ends.push(new Promise((resolve) => socket.once("close", () => resolve())));
      socket.on("error", () => undefined);
      socket.on("data", (bytes: Buffer) => {
        log.push(bytes);
        this.#bytes += bytes.length;
        if (this.#wanted !== undefined && this.#bytes >= this.#wanted.bytes) this.#wanted.resolve();
      });
    }
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
  }

  /** Resolves when so many bytes were read, over all consoles. */
  has(bytes: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wanted = { bytes, resolve };
    });
  }

  async ended(): Promise<void> {
    await Promise.all(this.#ends);
  }
}
