import { ConfedError } from "@confed/kernel";
import { LINK_LIMITS, type Link, type LinkSink } from "@confed/transports";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeClock } from "./fake-clock.ts";
import { LinkRecorder } from "./link-recorder.ts";
import { ALL_BYTES, randomBytes, randomNumbers } from "./random-bytes.ts";
import type { TransportFeatures, TransportFixture } from "./transport-fixture.ts";

/**
 * The rules of transport.ts as tests; every kind of transport passes them. `setup` is given the
 * clock that the transport must use, which proves that no timer is left.
 */
export function transportCompliance(
  name: string,
  setup: (clock: FakeClock) => Promise<TransportFixture>,
  features: TransportFeatures,
): void {
  const transferBytes = features.transferBytes ?? 8 * 1024 * 1024;

  describe(`${name} complies`, () => {
    let clock: FakeClock;
    let fixture: TransportFixture;
    let recorder: LinkRecorder;
    let sink: LinkSink;
    let afterData: () => void;
    let before: readonly string[];

    beforeEach(async () => {
      clock = new FakeClock();
      record();
      fixture = await setup(clock);
      before = heldResources();
    });
    afterEach(async () => {
      await fixture.close();
      expect(clock.pending, "timers left").toBe(0);
      expect(recorder.closedCount, "calls of onClosed").toBeLessThanOrEqual(1);
      expect(recorder.lateBytes, "bytes after onClosed").toBe(0);
    });

    const record = () => {
      recorder = new LinkRecorder();
      afterData = () => undefined;
      sink = {
        onData: (bytes) => {
          recorder.onData(bytes);
          afterData();
        },
        onClosed: (reason) => {
          recorder.onClosed(reason);
        },
      };
    };
    const open = () => fixture.transport.open({ signal: new AbortController().signal, sink });
    const failureOf = (opening: Promise<Link>) =>
      opening.then(
        () => expect.fail("open resolved"),
        (reason: unknown) => reason,
      );
    const expectNothingLeft = async () => {
      await fixture.idle();
      await turnsOfLoop();
      expect(heldResources()).toEqual(before);
      expect(clock.pending, "timers left").toBe(0);
      expect(recorder.closedCount, "onClosed of an open that rejected").toBe(0);
    };

    test("open rejects with canceled when the signal is aborted already", async () => {
      const error = await failureOf(fixture.transport.open({ signal: AbortSignal.abort(), sink }));
      expect(error).toMatchObject({ code: "canceled" });
      await expectNothingLeft();
    });

    test("open rejects with canceled and leaves nothing when aborted midway", async () => {
      const controller = new AbortController();
      const opening = failureOf(
        (fixture.hanging ?? fixture.transport).open({ signal: controller.signal, sink }),
      );
      if (fixture.hanging !== undefined) await turnsOfLoop();
      controller.abort("changed my mind");
      expect(await opening).toMatchObject({ code: "canceled" });
      await expectNothingLeft();
    });

    test("open ends by its own deadline when the far end does not answer", async (context) => {
      if (fixture.hanging === undefined) return context.skip("this kind has no far end that hangs");
      const opening = failureOf(fixture.hanging.open({ signal: new AbortController().signal, sink }));
      await turnsOfLoop();
      clock.advance(60_000);
      expect(await opening).toMatchObject({ code: "deadline_exceeded" });
      await expectNothingLeft();
    });

    test("open names code and place when refused", async (context) => {
      const { refusing } = fixture;
      if (refusing === undefined) return context.skip("this kind cannot be refused");
      const error = await failureOf(refusing.transport.open({ signal: new AbortController().signal, sink }));
      expect(error).toBeInstanceOf(ConfedError);
      expect(error).toMatchObject({ code: refusing.code, where: refusing.where });
      await expectNothingLeft();
    });

    test("all byte values pass unchanged in both directions", async () => {
      const link = await open();
      const start = recorder.sizeBytes;
      await fixture.feed(ALL_BYTES);
      await recorder.received(start + 256);
      expect(recorder.bytes().subarray(start)).toEqual(Buffer.from(ALL_BYTES));
      const inputStart = fixture.received.length;
      link.write(ALL_BYTES);
      await fixture.received.reached(inputStart + 256);
      expect(fixture.received.bytes(inputStart)).toEqual(Buffer.from(ALL_BYTES));
      await link.close();
    });

    test("write has taken the bytes when it returns", async () => {
      const link = await open();
      const start = fixture.received.length;
      const mine = Buffer.from("mine");
      for (let round = 0; round < 50; round += 1) {
        mine.write("mine");
        expect(link.write(mine)).toBeGreaterThanOrEqual(0);
        mine.fill("!");
      }
      await fixture.received.reached(start + 200);
      expect(fixture.received.bytes(start).toString()).toBe("mine".repeat(50));
      await link.close();
    });

    test("a large output arrives exactly, with pauses at random", async () => {
      const sent = randomBytes(transferBytes, 7);
      const random = randomNumbers(11);
      const link = await open();
      const start = recorder.sizeBytes;
      afterData = () => {
        if (random() % 4 !== 0) return;
        link.pause();
        setImmediate(() => {
          link.resume();
        });
      };
      await fixture.feed(sent);
      await recorder.received(start + sent.length);
      expect(recorder.bytes().subarray(start).equals(sent)).toBe(true);
      await link.close();
    });

    test("a large input arrives exactly, written as the backlog allows", async () => {
      const sent = randomBytes(transferBytes, 13);
      const link = await open();
      const start = fixture.received.length;
      for (let at = 0; at < sent.length; at += 30_000) {
        const backlog = link.write(sent.subarray(at, at + 30_000));
        expect(backlog).toBeGreaterThanOrEqual(0);
        if (backlog > 256 * 1024) await link.drained();
      }
      await fixture.received.reached(start + sent.length);
      expect(fixture.received.bytes(start).equals(sent)).toBe(true);
      await link.close();
    });

    test("a hang-up loses nothing of what was printed before", async () => {
      const sent = randomBytes(Math.min(transferBytes, 300_000), 17);
      const link = await open();
      const start = recorder.sizeBytes;
      await fixture.feed(sent);
      await fixture.hangUp();
      const reason = await recorder.closed;
      expect(recorder.bytes().subarray(start).equals(sent)).toBe(true);
      if (features.orderlyClose) expect(reason).toEqual({ by: "remote" });
      else expect(reason.by).not.toBe("local");
      expect(link.write(ALL_BYTES), "write after the end").toBe(0);
      await link.drained();
      await link.close();
      expect(recorder.closedCount).toBe(1);
      await fixture.idle();
    });

    test("a paused link holds the console back and delivers all after resume", async (context) => {
      const link = await open();
      expect(link.pausable).toBe(features.pausable);
      if (!features.pausable) {
        await link.close();
        return context.skip("this kind is never paused");
      }
      const sent = randomBytes(Math.min(transferBytes, 1024 * 1024), 19);
      const start = recorder.sizeBytes;
      link.pause();
      await fixture.feed(sent);
      await turnsOfLoop();
      expect(recorder.sizeBytes - start).toBeLessThanOrEqual(LINK_LIMITS.readBytesMax);
      link.resume();
      await recorder.received(start + sent.length);
      expect(recorder.bytes().subarray(start).equals(sent)).toBe(true);
      await link.close();
    });

    test("a link that ends while paused delivers what had arrived, then its end", async (context) => {
      const link = await open();
      if (!features.pausable || features.keepsUnread === false) {
        await link.close();
        return context.skip("this kind is never paused, or keeps nothing when it ends");
      }
      const sent = randomBytes(20_000, 23);
      const start = recorder.sizeBytes;
      link.pause();
      await fixture.feed(sent);
      await fixture.hangUp();
      await turnsOfLoop();
      // Whoever types now learns of the end before the output is read: that must not cost it.
      link.write(Buffer.from("a"));
      await turnsOfLoop();
      link.write(Buffer.from("b"));
      await turnsOfLoop();
      expect(recorder.closedCount).toBe(0);
      link.resume();
      await recorder.closed;
      expect(recorder.bytes().subarray(start).equals(sent)).toBe(true);
      await link.close();
    });

    test("a paused link that is read by the clock delivers exactly, then its end after resume", async (context) => {
      const link = await open();
      if (link.readNow === undefined) {
        await link.close();
        return context.skip("this kind is read when it has something, never by the clock");
      }
      const sent = randomBytes(Math.min(transferBytes, 1024 * 1024), 29);
      const random = randomNumbers(31);
      const start = recorder.sizeBytes;
      link.pause();
      // What was under way when it was paused may still come.
      await turnsOfLoop();
      const feeding = fixture.feed(sent).then(() => fixture.hangUp());
      while (recorder.sizeBytes - start < sent.length) {
        const before = recorder.sizeBytes;
        // What is found may be the transport's own protocol, and nothing of the console.
        if (link.readNow() === 0) expect(recorder.sizeBytes).toBe(before);
        // Now and then as a console does that finds nothing: the poll has it for a moment.
        if (random() % 8 === 0) {
          link.resume();
          await turnsOfLoop();
          link.pause();
        }
        await turnsOfLoop();
      }
      await feeding;
      link.resume();
      await recorder.closed;
      expect(recorder.bytes().subarray(start).equals(sent)).toBe(true);
      expect(recorder.closedCount).toBe(1);
      expect(link.readNow()).toBe(0);
      await link.close();
    });

    test("a link that breaks says so", async (context) => {
      if (fixture.breakOff === undefined) return context.skip("this kind cannot break");
      const link = await open();
      await fixture.breakOff();
      const reason = await recorder.closed;
      expect(reason).toMatchObject({ by: "failure", error: { name: "ConfedError" } });
      await link.close();
      expect(recorder.closedCount).toBe(1);
    });

    test("close tells its sink once, however often and from wherever it is called", async () => {
      const link = await open();
      const start = recorder.sizeBytes;
      let within: Promise<void> | undefined;
      afterData = () => {
        within ??= link.close();
      };
      await fixture.feed(ALL_BYTES);
      await recorder.received(start + 1);
      await Promise.all([link.close(), link.close(), within]);
      expect(await recorder.closed).toEqual({ by: "local" });
      expect(recorder.closedCount).toBe(1);
      expect(link.write(ALL_BYTES), "write after close").toBe(0);
      await link.drained();
      await link.close();
      link.pause();
      link.resume();
      await fixture.idle();
      await turnsOfLoop();
      expect(heldResources()).toEqual(before);
    });

    test("input beyond the bound is refused whole, and what was taken arrives", async (context) => {
      const link = await open();
      const start = fixture.received.length;
      expect(
        link.write(Buffer.alloc(LINK_LIMITS.writeBacklogBytesMax + 1)),
        "one write above the bound",
      ).toBe(-1);
      expect(link.write(Buffer.from("x"))).toBeGreaterThanOrEqual(0);
      await fixture.received.reached(start + 1);
      expect(fixture.received.bytes(start).toString()).toBe("x");
      if (fixture.stall === undefined) {
        await link.close();
        return context.skip("this kind's far end always takes input");
      }

      await fixture.stall(true);
      const piece = randomBytes(100_000, 29);
      let taken = 0;
      let refused = false;
      // The kernel's buffers take several megabytes first.
      while (!refused && taken < 1_000) {
        refused = link.write(piece) === -1;
        if (!refused) taken += 1;
      }
      expect(refused).toBe(true);
      const drained = link.drained();
      await fixture.stall(false);
      await drained;
      await fixture.received.reached(start + 1 + taken * piece.length);
      await turnsOfLoop();
      expect(fixture.received.length).toBe(start + 1 + taken * piece.length);
      expect(fixture.received.bytes().subarray(-piece.length).equals(piece)).toBe(true);
      await link.close();
    });

    test("drained resolves when the link closes", async (context) => {
      if (fixture.stall === undefined) return context.skip("this kind's far end always takes input");
      const link = await open();
      await fixture.stall(true);
      while (link.write(Buffer.alloc(100_000)) !== -1);
      const drained = link.drained();
      await link.close();
      await drained;
    });

    test("a break is sent, or refused in words", async () => {
      const link = await open();
      const sending = link.sendBreak(250);
      if (features.canBreak) await sending;
      else await expect(sending).rejects.toMatchObject({ code: "failed_precondition" });
      link.resize(132, 43);
      await link.close();
    });

    test("open works again after the link has closed", async () => {
      for (const round of ["first", "second"]) {
        record();
        const link = await open();
        const start = recorder.sizeBytes;
        const inputStart = fixture.received.length;
        await fixture.feed(Buffer.from(round));
        await recorder.received(start + round.length);
        expect(recorder.bytes().subarray(start).toString()).toBe(round);
        link.write(Buffer.from(round));
        await fixture.received.reached(inputStart + round.length);
        expect(fixture.received.bytes(inputStart).toString()).toBe(round);
        await link.close();
        await fixture.idle();
      }
    });
  });
}

/** Enough turns of the loop that everything which can happen without further input has happened. */
async function turnsOfLoop(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** What of this process would be a leak: sockets, pipes, children, connects under way. */
function heldResources(): readonly string[] {
  return process
    .getActiveResourcesInfo()
    .filter((type) => /Socket|Pipe|Process|Connect/.test(type))
    .sort();
}
