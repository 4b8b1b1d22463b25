import type * as Fs from "node:fs";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { LineStamps } from "./line-stamps.ts";

/** How many bytes there is room for. */
const disk = vi.hoisted(() => ({ roomBytes: 0, isBroken: false }));

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof Fs>();
  return {
    ...fs,
    writeSync: (fd: number, bytes: Uint8Array, from = 0) => {
      if (disk.roomBytes === 0) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
      const written = fs.writeSync(fd, bytes, from, Math.min(disk.roomBytes, bytes.byteLength - from));
      disk.roomBytes -= written;
      return written;
    },
    ftruncateSync: (fd: number, sizeBytes: number) => {
      if (disk.isBroken) throw Object.assign(new Error("EIO"), { code: "EIO" });
      fs.ftruncateSync(fd, sizeBytes);
    },
  };
});

const NOW_MS = Date.parse("2026-11-21T04:21:28.123Z");
const STAMP = "2026-11-21T04:21:28.123+00:00 ";
const OUTPUT = Buffer.from("ab\ncd\r\n\nef");
const TEXT = `${STAMP}ab\n${STAMP}cd\r\n${STAMP}\n${STAMP}ef`;

function fileToStamp() {
  const dir = mkdtempSync(join(tmpdir(), "confed-stamps-"));
  const path = join(dir, "n1.log");
  const fd = openSync(path, "a");
  onTestFinished(() => {
    closeSync(fd);
    rmSync(dir, { recursive: true });
  });
  const stamps = new LineStamps();
  const { pos } = stamps.begin(path, { off: 0, fileBytes: 0 });
  let taken = 0;
  const append = (roomBytes: number) => {
    disk.roomBytes = roomBytes;
    const chunks = [OUTPUT.subarray(taken)];
    const appended = stamps.append(fd, { from: taken, chunks, sizeBytes: OUTPUT.byteLength - taken }, NOW_MS);
    taken += appended.takenBytes;
    return appended;
  };
  const text = () => readFileSync(path, "latin1");
  return { append, text, expectedBytes: () => pos + taken + stamps.extraBytes, taken: () => taken };
}

test("a disk that is full after any byte, of a stamp or not, twice, leaves no torn stamp and no wrong offset", () => {
  for (let first = 0; first < TEXT.length; first += 1) {
    for (const second of [0, 1, 29, 30, 31, 40]) {
      const { append, text, expectedBytes, taken } = fileToStamp();
      for (const roomBytes of [first, second]) {
        const { fault, torn } = append(roomBytes);
        if (taken() < OUTPUT.byteLength) expect(String(fault)).toContain("ENOSPC");
        expect([first, second, torn, text()]).toEqual([first, second, false, TEXT.slice(0, expectedBytes())]);
        expect(text().replaceAll(STAMP, "")).toBe(OUTPUT.toString("latin1", 0, taken()));
      }
      if (taken() < OUTPUT.byteLength) append(1_000);
      expect(text()).toBe(TEXT);
    }
  }
});

test("a torn stamp that cannot be taken back is said to be there", () => {
  const { append, text, taken } = fileToStamp();
  disk.isBroken = true;
  onTestFinished(() => {
    disk.isBroken = false;
  });
  expect(append(STAMP.length + 3 + 10)).toMatchObject({ takenBytes: 3, torn: true });
  expect([taken(), text()]).toEqual([3, TEXT.slice(0, STAMP.length + 3 + 10)]);
});
