import { describe, expect, it } from "vitest";
import { lineBytesMin, lineMaker, lineMarker, readLine } from "./numbered-line.ts";

describe("a numbered line", () => {
  const marker = lineMarker("n0001");

  it("reads back at every length from the shortest on", () => {
    for (const lineBytes of [lineBytesMin("n0001"), 48, 80, 200, 4096]) {
      const maker = lineMaker(lineBytes);
      for (const seq of [1, 63, 64, 9_999_999_999]) {
        const line = maker.make(marker, seq);
        expect(line.length).toBe(lineBytes);
        expect(line.toString("latin1").endsWith("\r\n")).toBe(true);
        expect(readLine(line, 0, marker, lineBytes)).toBe(seq);
      }
    }
  });

  it("is refused when any one of its bytes is another", () => {
    const line = lineMaker(80).make(marker, 42);
    for (let at = 0; at < 78; at += 1) {
      const damaged = Buffer.from(line);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(readLine(damaged, 0, marker, 80), `byte ${at}`).toBeUndefined();
    }
  });

  it("is never written to again when later ones are made", () => {
    const maker = lineMaker(80);
    const kept = Array.from({ length: 3000 }, (_, i) => maker.make(marker, i));
    for (const [seq, line] of kept.entries()) expect(readLine(line, 0, marker, 80)).toBe(seq);
  });
});
