import { visitRecords } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Backlogs, type Stretch } from "./backlogs.ts";
import { LOG_LIMITS } from "./log-limits.ts";

/** A log writer's side of one console, and a disk that takes so many more bytes. */
function bench() {
  const clock = new FakeClock();
  const flight: Stretch[] = [];
  const offers: { readonly number: number; readonly parts: Stretch[]; readonly final: boolean }[] = [];
  const backlogs = new Backlogs({
    clock,
    inFlight: (_number, from) => flight.filter(({ offset }) => offset >= from),
    again: (number, records, final) => {
      const parts: Stretch[] = [];
      visitRecords(records, (_number, offset, bytes) => parts.push({ offset, bytes }));
      offers.push({ number, parts, final });
    },
  });
  return { clock, flight, offers, backlogs };
}

const bytesOf = (parts: readonly Stretch[]) => parts.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);

test("little is offered until something is taken, then everything, and the last offer is final", () => {
  const { clock, offers, backlogs } = bench();
  for (const number of [1, 2]) backlogs.refused(number, { offset: 0, bytes: new Uint8Array(100_000) });
  clock.advance(500);
  expect(offers.map(({ parts, final }) => [bytesOf(parts), final])).toEqual([
    [4096, false],
    [4096, false],
  ]);
  backlogs.refusedAgain(1, 0);
  backlogs.refusedAgain(2, 0);
  expect(offers).toHaveLength(2);
  clock.advance(500);
  backlogs.taken(1);
  expect(offers.slice(4).map(({ number, parts, final }) => [number, bytesOf(parts), final])).toEqual([
    [1, 100_000 - 4096, true],
  ]);
  backlogs.taken(1);
  expect(backlogs.has(1)).toBe(false);
  expect(backlogs.has(2)).toBe(true);
  backlogs.close();
  expect(clock.pending).toBe(0);
});

test("a final offer holds what is on its way, and what of it is refused meanwhile is kept", () => {
  const { clock, flight, offers, backlogs } = bench();
  backlogs.refused(1, { offset: 0, bytes: new Uint8Array(10) });
  flight.push({ offset: 10, bytes: new Uint8Array(10) });
  clock.advance(500);
  expect(offers[0]).toMatchObject({ final: true, parts: [{ offset: 0 }, { offset: 10 }] });
  backlogs.refused(1, { offset: 10, bytes: new Uint8Array(10) });
  flight.pop();
  backlogs.refusedAgain(1, 15);
  expect(backlogs.kept(1, 0)).toMatchObject([{ offset: 15, bytes: { byteLength: 5 } }]);
  backlogs.close();
});

test("a console keeps its bound and no more, whatever sizes its output comes in", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60_000 }), { maxLength: 40 }), (sizes) => {
      const { backlogs } = bench();
      let offset = 0;
      let droppedBytes = 0;
      for (const size of sizes) {
        droppedBytes += backlogs.refused(1, { offset, bytes: new Uint8Array(size) });
        offset += size;
      }
      const keptBytes = bytesOf(backlogs.kept(1, 0));
      expect(keptBytes + droppedBytes).toBe(offset);
      expect(keptBytes).toBeLessThanOrEqual(LOG_LIMITS.backlogBytesMax);
      if (offset <= LOG_LIMITS.backlogBytesMax) expect(droppedBytes).toBe(0);
      backlogs.close();
    }),
  );
});
