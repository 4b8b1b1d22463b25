import { FakeClock } from "@confed/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConsolePeer } from "../testing/console-peer.ts";
import { verifyLog } from "./log-verifier.ts";
import { fillPattern } from "./pattern.ts";
import { type Rack, startRack } from "./rack.ts";
import type { RackOptionsInput } from "./rack-options.ts";

let rack: Rack;
const peers: ConsolePeer[] = [];

const start = async (options: RackOptionsInput): Promise<Rack> => {
  rack = await startRack(options);
  return rack;
};

const peerOf = async (index: number): Promise<ConsolePeer> => {
  const peer = await ConsolePeer.connect(rack.addressOf(index), rack.tcpPort);
  peers.push(peer);
  return peer;
};

beforeEach(() => {
  peers.length = 0;
});

afterEach(async () => {
  for (const peer of peers) await peer.close();
  await rack.close();
});

describe("a rack", () => {
  it("prints each console's own lines at its own address, exactly what it says it sent", async () => {
    await start({ consoles: 3, linesPerSecond: 200 });
    for (const i of [0, 1, 2]) await peerOf(i);
    for (const peer of peers) await peer.until(({ bytes }) => bytes.length >= 20 * 80);
    await rack.printing(false);
    for (const [i, peer] of peers.entries()) {
      const sent = await rack.sent(i);
      await peer.until(({ bytes }) => bytes.length >= sent.lines * 80);
      expect(await verifyLog(peer.bytes, sent)).toMatchObject({ exact: true, lines: sent.lines });
      expect(sent.console).toBe(rack.consoleName(i));
    }
    expect(await rack.stats()).toMatchObject({ connected: 3, connections: 3, withheld: 0 });
    expect((await rack.lateness()).lines).toBe((await rack.stats()).lines);
  });

  it("loses no line over many hang-ups, and numbers go on from connection to connection", async () => {
    await start({ consoles: 2, linesPerSecond: 1000 });
    const log: Buffer[] = [];
    for (let round = 0; round < 20; round += 1) {
      const peer = await peerOf(0);
      await peer.until(({ bytes }) => bytes.length > 0);
      await rack.hangUp(0);
      await peer.ended;
      log.push(peer.bytes);
    }
    const last = await peerOf(0);
    await last.until(({ bytes }) => bytes.length > 0);
    await rack.close();
    await last.ended;
    log.push(last.bytes);
    const sent = await rack.sent(0);
    expect(sent.connections).toHaveLength(21);
    expect(sent.connections.map(({ ended }) => ended)).toEqual(Array(21).fill("flushed"));
    expect(sent.connections.every(({ acceptedSeq, lastSeq }) => acceptedSeq === lastSeq)).toBe(true);
    const report = await verifyLog(Buffer.concat(log), sent);
    expect(report).toMatchObject({ exact: true, lines: sent.lines, excused: [] });
  });

  it("gives the console to the newer connection and resets the older", async () => {
    await start({ consoles: 1, mode: "echo" });
    const older = await peerOf(0);
    const newer = await peerOf(0);
    await older.ended;
    expect(older.socket.errored).toMatchObject({ code: "ECONNRESET" });
    newer.socket.write("x");
    await newer.sees("x");
    const { connections } = await rack.sent(0);
    expect(connections.map(({ ended }) => ended)).toEqual(["reset", "open"]);
    expect(await rack.stats()).toMatchObject({ takenOver: 1, connected: 1 });
  });

  it("records the far end's close as such", async () => {
    await start({ consoles: 1, linesPerSecond: 1000 });
    const peer = await peerOf(0);
    await peer.until(({ bytes }) => bytes.length > 0);
    peer.socket.end();
    await peer.ended;
    const { connections } = await rack.sent(0);
    expect(connections[0]?.ended).toBe("peer");
    expect((await rack.stats()).connected).toBe(0);
  });

  it("echoes all byte values exactly, with more under way than any buffer holds", async () => {
    await start({ consoles: 1, mode: "echo" });
    const peer = await peerOf(0);
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const input = Buffer.concat(Array.from({ length: 20_000 }, () => all));
    peer.socket.write(input);
    await peer.until(({ socket }) => socket.bytesRead >= input.length);
    expect(peer.bytes.equals(input)).toBe(true);
    expect((await rack.sent(0)).inputBytes).toBe(input.length);
  });

  it("prints a pattern of all byte values that goes on over a reconnect", async () => {
    await start({ consoles: 2, mode: "binary", linesPerSecond: 1000, lineBytes: 400, seed: 7 });
    const first = await peerOf(1);
    await first.until(({ bytes }) => bytes.length >= 8000);
    await rack.hangUp(1);
    await first.ended;
    const second = await peerOf(1);
    await second.until(({ bytes }) => bytes.length >= 8000);
    const got = Buffer.concat([first.bytes, second.bytes]);
    const wanted = Buffer.alloc(got.length);
    fillPattern(wanted, 7, 1, 0);
    expect(got.equals(wanted)).toBe(true);
    expect(new Set(got).size).toBe(256);
  });

  it("floods in numbered lines, beside the lines that are due, while its neighbour goes on", async () => {
    await start({ consoles: 2, linesPerSecond: 100 });
    const [flooded, neighbour] = [await peerOf(0), await peerOf(1)];
    await rack.flood(0, 8_000_000);
    await flooded.until(({ socket }) => socket.bytesRead >= 8_000_000);
    await neighbour.until(({ bytes }) => bytes.length > 0);
    await rack.hangUp(0);
    await flooded.ended;
    const sent = await rack.sent(0);
    expect(sent.lines).toBeGreaterThanOrEqual(100_000);
    expect(await verifyLog(flooded.bytes, sent)).toMatchObject({ exact: true, lines: sent.lines });
  });

  it("withholds lines, unnumbered, from a peer that does not read; nothing piles up", async () => {
    await start({ consoles: 1, linesPerSecond: 20_000, lineBytes: 4096 });
    const peer = await peerOf(0);
    peer.socket.pause();
    // Stuck once all buffers between here and there are full.
    for (;;) {
      const { withheld } = await rack.sent(0);
      if (withheld > 0) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    peer.socket.resume();
    await rack.hangUp(0);
    await peer.ended;
    expect(await verifyLog(peer.bytes, await rack.sent(0))).toMatchObject({ exact: true });
  });

  it("is silent while told so, and loses no number by it", async () => {
    await start({ consoles: 1, linesPerSecond: 500 });
    await rack.silence(0, true);
    const peer = await peerOf(0);
    peer.socket.write("hello?");
    for (;;) {
      const { withheld, inputBytes } = await rack.sent(0);
      if (withheld > 10 && inputBytes === 6) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(peer.bytes.length).toBe(0);
    await rack.silence(0, false);
    await peer.until(({ bytes }) => bytes.length > 0);
    await rack.hangUp(0);
    await peer.ended;
    expect(await verifyLog(peer.bytes, await rack.sent(0))).toMatchObject({ exact: true });
  });

  it("says nothing of a boot while it is silent", async () => {
    const clock = new FakeClock();
    rack = await startRack({ consoles: 1, mode: "demo" }, { clock });
    await rack.silence(0, true);
    const peer = await peerOf(0);
    await peer.accepted(rack);
    clock.advance(10_000);
    await rack.hangUp(0);
    await peer.ended;
    expect(peer.text).toBe("");
  });

  it("stops reading from a peer that does not read its echo", async () => {
    await start({ consoles: 1, mode: "echo" });
    const peer = await peerOf(0);
    peer.socket.pause();
    peer.socket.write(Buffer.alloc(64 * 1024 * 1024));
    let inputBytes = -1;
    // At rest when nothing was read for many turns of the loop that both ends share.
    for (let still = 0; still < 500; still += 1) {
      const now = (await rack.sent(0)).inputBytes;
      if (now !== inputBytes) still = 0;
      inputBytes = now;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(inputBytes).toBeGreaterThan(0);
    expect(inputBytes).toBeLessThan(32 * 1024 * 1024);
  });

  it("closes a connection to an address that is no console's, unanswered", async () => {
    await start({ consoles: 2, linesPerSecond: 1000 });
    for (const host of ["127.0.0.1", "127.1.0.3"]) {
      const peer = await ConsolePeer.connect(host, rack.tcpPort);
      await peer.ended;
      expect(peer.bytes.length).toBe(0);
    }
    expect(await rack.stats()).toMatchObject({ refused: 2, connections: 0 });
  });

  it("names the port that is taken and leaves nothing open", async () => {
    await start({ consoles: 1 });
    const second = startRack({ consoles: 1, telnetPort: 0, tcpPort: rack.tcpPort ?? 0 });
    await expect(second).rejects.toMatchObject({ code: "conflict", where: `0.0.0.0:${rack.tcpPort}` });
  });

  it("refuses a console that it has not", async () => {
    await start({ consoles: 1 });
    await expect(rack.hangUp(1)).rejects.toMatchObject({ code: "invalid_argument", subject: "console" });
  });
});
