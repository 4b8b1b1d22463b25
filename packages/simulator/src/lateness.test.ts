import { describe, expect, it } from "vitest";
import { describeLateness, LatenessHistogram } from "./lateness.ts";

describe("LatenessHistogram", () => {
  it("reports quantiles never better than they were", () => {
    const histogram = new LatenessHistogram();
    for (let i = 1; i <= 1000; i += 1) histogram.record(i / 100);
    const report = histogram.report();
    expect(report.lines).toBe(1000);
    expect(report.p50Ms).toBeGreaterThanOrEqual(5);
    expect(report.p50Ms).toBeLessThanOrEqual(5.2);
    expect(report.p99Ms).toBeGreaterThanOrEqual(9.9);
    expect(report).toMatchObject({ maxMs: 10, void: false });
  });

  it("is void when p99 is above 50 ms, or lines were left out", () => {
    const late = new LatenessHistogram();
    for (let i = 0; i < 98; i += 1) late.record(1);
    expect(late.report().void).toBe(false);
    late.record(51);
    late.record(20_000);
    expect(late.report()).toMatchObject({ void: true, maxMs: 20_000 });
    expect(describeLateness(late.report())).toContain("VOID");

    const leftOut = new LatenessHistogram();
    leftOut.record(1);
    leftOut.leaveOut();
    expect(leftOut.report().void).toBe(true);
  });
});
