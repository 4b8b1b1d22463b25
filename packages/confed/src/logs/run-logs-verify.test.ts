import { expect, test } from "vitest";
import { verdictLines } from "./run-logs-verify.ts";

test("a verdict names what is there, every gap and every fault", () => {
  const verdict = {
    ...{ console: "n1", logId: "a", from: 0, to: 50, bytes: 30, fileCount: 1, stamped: false },
    gaps: [
      { from: 10, to: 20, lengthKnown: true, why: "log-stalled" },
      { from: 30, to: 40, lengthKnown: false, why: "agent-restart" },
    ],
  } as const;
  expect(verdictLines({ ...verdict, faults: [] })).toBe(
    "n1: proven, 30 bytes in 1 file\n  gap 10-20: 10 bytes, log-stalled\n  gap 30-40: unknown length, agent-restart\n",
  );
  expect(verdictLines({ ...verdict, gaps: [], stamped: true, faults: [] })).toBe(
    "n1: stamped, 30 bytes in 1 file\n",
  );
  expect(verdictLines({ ...verdict, gaps: [], faults: ["2 lines of the index are \u001b[2Jdamaged"] })).toBe(
    "n1: NOT PROVEN, 30 bytes in 1 file\n  fault: 2 lines of the index are \\x1b[2Jdamaged\n",
  );
  const nothing = { from: 0, to: 0, bytes: 0, fileCount: 0, stamped: false, gaps: [], faults: [] };
  expect(verdictLines({ ...nothing, console: "n2", logId: "a" })).toBe("n2: proven, nothing logged yet\n");
});
