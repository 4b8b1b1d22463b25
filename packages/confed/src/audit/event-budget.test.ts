import { FakeClock } from "@confed/testkit";
import type { AuditEvent } from "@confed/trust/audit";
import { expect, test } from "vitest";
import { ANYBODYS_PER_SECOND_MAX, EventBudget } from "./event-budget.ts";

test("what anybody can cause is passed on up to a rate, and the rest is counted, twice", () => {
  const clock = new FakeClock();
  const told: AuditEvent[] = [];
  const budget = new EventBudget(clock, (event) => told.push(event));
  for (const round of [1, 2]) {
    const passed = Array.from({ length: 500 }, () =>
      budget.allows({ event: "ticket.refused", peer: "10.0.0.1:5" }),
    );
    expect(passed.filter(Boolean)).toHaveLength(ANYBODYS_PER_SECOND_MAX);
    // Another kind has its own, and who is known is never passed over.
    expect(budget.allows({ event: "login.failed" })).toBe(true);
    expect(budget.allows({ event: "ticket.refused", subject: "anna" })).toBe(true);
    expect(budget.allows({ event: "attach.start" })).toBe(true);
    clock.advance(1_000);
    expect(told).toHaveLength(round);
    expect(told.at(-1)).toEqual({
      event: "ticket.refused",
      text: "more of these",
      details: { passedOver: 500 - ANYBODYS_PER_SECOND_MAX },
    });
    clock.advance(1_000);
    expect(told).toHaveLength(round);
  }
});

test("what was passed over is told at the end", () => {
  const told: AuditEvent[] = [];
  const budget = new EventBudget(new FakeClock(), (event) => told.push(event));
  for (let at = 0; at <= ANYBODYS_PER_SECOND_MAX; at += 1) budget.allows({ event: "login.failed" });
  budget.end();
  budget.end();
  expect(told).toMatchObject([{ event: "login.failed", details: { passedOver: 1 } }]);
});
