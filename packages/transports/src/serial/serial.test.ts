import { existsSync } from "node:fs";
import { type Clock, type ConfedError, type Logger, silentLogger, systemClock } from "@confed/kernel";
import { FakeClock, LinkRecorder, type SerialPair, startSerialPair } from "@confed/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TransportDeps } from "../deps.ts";
import { LINK_LIMITS, type Link } from "../transport.ts";
import { serial } from "./serial.ts";
import type { SerialOptions } from "./serial-options.ts";
import { loadSerialBinding, type SerialBinding } from "./serial-port.ts";

describe("serial", () => {
  it("refuses a line that cannot be", () => {
    const bad = [
      { device: "ttyS0" },
      { device: "/dev/ttyS0", baud: 0 },
      { device: "/dev/ttyS0", baud: 9600.5 },
      { device: "/dev/ttyS0", parity: "mark" },
      { device: "/dev/ttyS0", dataBits: 9 },
      { device: "/dev/ttyS0", stopBits: 1.5 },
      { device: "/dev/ttyS0", flowControl: "both" },
    ];
    for (const options of bad) {
      expect(() => serial(options as SerialOptions)).toThrow(
        expect.objectContaining({ code: "invalid_argument" }),
      );
    }
  });

  it("says which package to install when serialport is not there", async () => {
    const load = () => loadSerialBinding(() => Promise.reject(new Error("Cannot find package 'serialport'")));
    await expect(openWith({ device: "/dev/null" }, { load })).rejects.toMatchObject({
      code: "failed_precondition",
      hint: expect.stringContaining("npm install serialport@") as string,
    });
  });

  it("rejects with device_missing naming device and hint when there is none", async () => {
    await expect(openWith({ device: "/dev/no-such-tty" })).rejects.toMatchObject({
      code: "device_missing",
      message: expect.stringContaining("/dev/no-such-tty") as string,
      hint: expect.stringContaining("/dev/serial/by-id") as string,
    });
  });

  it("rejects with invalid_argument when the path is no terminal", async () => {
    await expect(openWith({ device: "/dev/null" })).rejects.toMatchObject({ code: "invalid_argument" });
  });
});

describe.skipIf(!existsSync("/usr/bin/socat"))("serial on a pair of ptys (needs socat)", () => {
  let pair: SerialPair;
  const links: Link[] = [];
  beforeEach(async () => {
    pair = await startSerialPair();
  });
  afterEach(async () => {
    await Promise.all(links.splice(0).map((link) => link.close()));
    await pair.close();
  });
  const open = async (context?: OpenContext) => {
    const opened = await openWith({ device: pair.device }, context);
    links.push(opened.link);
    return opened;
  };

  it("rejects with conflict when another link has the device", async () => {
    const { link } = await open();
    await expect(open()).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("in use") as string,
      hint: expect.stringContaining("fuser") as string,
    });
    await link.close();
    await open();
  });

  it("ends with device_missing when the device goes away, and opens when it is back", async () => {
    const { sink } = await open();
    await pair.feed(Buffer.from("last words"));
    await sink.printed("last words");
    await pair.unplug();
    expect(await failure(sink)).toMatchObject({
      code: "device_missing",
      subject: pair.device,
      hint: expect.stringContaining("/dev/serial/by-id") as string,
    });
    await expect(open()).rejects.toMatchObject({ code: "device_missing" });
    await pair.plugIn();
    const again = await open();
    await pair.feed(Buffer.from("back"));
    await again.sink.printed("back");
  });

  it("ends with device_missing when it learns of the loss by writing while paused", async () => {
    const { link, sink } = await open();
    link.pause();
    await pair.unplug();
    link.write(Buffer.from("x"));
    expect(await failure(sink)).toMatchObject({ code: "device_missing" });
  });

  it("closes at once when output is stuck", async () => {
    const { link, sink } = await open();
    await pair.stall(true);
    while (link.write(Buffer.alloc(LINK_LIMITS.writeBacklogBytesMax / 4)) !== -1);
    const startMs = systemClock.nowMs();
    await link.close();
    expect(systemClock.nowMs() - startMs).toBeLessThan(1_000);
    expect(await sink.closed).toEqual({ by: "local" });
  });

  it("refuses a break in words when the device has none", async () => {
    const { link } = await open();
    await expect(link.sendBreak(10)).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining(`${pair.device} cannot send a break`) as string,
    });
  });

  it("holds a break for its time, and ends it when the link is closed before", async () => {
    const clock = new FakeClock();
    const { lines, load } = recordingBinding();
    const { link } = await open({ clock, load });
    const first = link.sendBreak(250);
    await expect(link.sendBreak(250)).rejects.toMatchObject({ code: "conflict" });
    await turnsOfLoop();
    await turnsOfLoop();
    clock.advance(249);
    await turnsOfLoop();
    expect(lines).toEqual(["break"]);
    clock.advance(1);
    await first;
    expect(lines).toEqual(["break", "normal"]);

    const second = link.sendBreak(60_000);
    await link.close();
    await second;
    expect(lines).toEqual(["break", "normal", "break", "normal", "flushed", "closed"]);
    expect(clock.pending).toBe(0);
    await expect(link.sendBreak(1)).rejects.toMatchObject({ code: "failed_precondition" });
  });

  it("closes without its driver when that takes too long", async () => {
    const clock = new FakeClock();
    const warnings: string[] = [];
    const { load, flushed } = recordingBinding({ close: () => new Promise(() => undefined) });
    const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
    const { link } = await open({ clock, load, logger });
    const closing = link.close();
    await flushed;
    clock.advance(2_000);
    await closing;
    expect(warnings).toEqual([expect.stringContaining("takes long to close")]);
  });
});

interface OpenContext {
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly load?: () => Promise<SerialBinding>;
}

async function openWith(
  options: SerialOptions,
  { clock = systemClock, logger = silentLogger, load }: OpenContext = {},
): Promise<{ link: Link; sink: LinkRecorder }> {
  const sink = new LinkRecorder();
  const resolver = { resolve: () => Promise.reject(new Error("a device needs no resolver")) };
  const deps: TransportDeps = { clock, logger, resolver };
  const link = await serial(options, load)(deps).open({ signal: new AbortController().signal, sink });
  return { link, sink };
}

/** A driver that can do a break, which a pty cannot. */
function recordingBinding({ close = () => Promise.resolve() }: { close?: () => Promise<void> } = {}) {
  const lines: string[] = [];
  let onFlushed: () => void = () => undefined;
  const flushed = new Promise<void>((resolve) => {
    onFlushed = resolve;
  });
  const binding: SerialBinding = {
    open: () =>
      Promise.resolve({
        set: async ({ brk, dtr, rts }) => {
          expect({ dtr, rts }).toEqual({ dtr: true, rts: true });
          await turnsOfLoop(); // As the ioctl in another thread.
          lines.push(brk ? "break" : "normal");
        },
        flush: () => {
          lines.push("flushed");
          onFlushed();
          return Promise.resolve();
        },
        close: () => {
          lines.push("closed");
          return close();
        },
      }),
  };
  return { lines, flushed, load: () => Promise.resolve(binding) };
}

async function turnsOfLoop(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

async function failure(sink: LinkRecorder): Promise<ConfedError | undefined> {
  const reason = await sink.closed;
  return reason.by === "failure" ? reason.error : undefined;
}
