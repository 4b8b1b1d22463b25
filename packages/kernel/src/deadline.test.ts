import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import { withDeadline } from "./deadline.ts";
import { ConfedError, InvariantError } from "./errors.ts";

/** Waits for its signal, then fails as libraries do: with an error of its own. */
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    const fail = () => {
      reject(new Error("library says aborted"));
    };
    if (signal.aborted) fail();
    signal.addEventListener("abort", fail);
  });

function setUp() {
  const clock = new FakeClock();
  return { clock, deadline: { clock, timeoutMs: 500, what: "dialling n1" }, parent: new AbortController() };
}

test("the result comes back and no timer is left when it came in time", async () => {
  const { clock, deadline, parent } = setUp();
  await expect(withDeadline(deadline, parent.signal, () => Promise.resolve(42))).resolves.toBe(42);
  expect(clock.pending).toBe(0);
});

test("the error names what was too slow when the time is over, not before", async () => {
  const { clock, deadline, parent } = setUp();
  let seen: AbortSignal | undefined;
  const outcome = withDeadline(deadline, parent.signal, (signal) => {
    seen = signal;
    return untilAborted(signal);
  });
  const rejected = expect(outcome).rejects.toMatchObject({
    code: "deadline_exceeded",
    rawMessage: "dialling n1 took longer than 500 ms",
  });
  clock.advance(499);
  expect(seen?.aborted).toBe(false);
  clock.advance(1);
  await rejected;
  expect(parent.signal.aborted).toBe(false);
});

test("a bug that shows after the time was over is not hidden by it", async () => {
  const { clock, deadline, parent } = setUp();
  const outcome = withDeadline(deadline, parent.signal, async (signal) => {
    await untilAborted(signal).catch(() => undefined);
    throw new InvariantError("planted");
  });
  const rejected = expect(outcome).rejects.toThrow("planted");
  clock.advance(500);
  await rejected;
});

test("the parent's reason wins, and no timer is left, when the parent aborts first", async () => {
  const { clock, deadline, parent } = setUp();
  const reason = new ConfedError("console_down", "n1 was removed");
  const outcome = withDeadline(deadline, parent.signal, untilAborted);
  parent.abort(reason);
  await expect(outcome).rejects.toBe(reason);
  expect(clock.pending).toBe(0);
});

test("the work sees an aborted signal at once when the parent had aborted before", async () => {
  const { clock, deadline, parent } = setUp();
  parent.abort();
  await expect(withDeadline(deadline, parent.signal, untilAborted)).rejects.toMatchObject({
    code: "canceled",
  });
  expect(clock.pending).toBe(0);
});

test("a failure of the work becomes a ConfedError, and a bug passes, when nothing was aborted", async () => {
  const { clock, deadline, parent } = setUp();
  const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
  await expect(withDeadline(deadline, parent.signal, () => Promise.reject(refused))).rejects.toMatchObject({
    code: "connection_refused",
    cause: refused,
  });
  const bug = new InvariantError("bug");
  await expect(withDeadline(deadline, parent.signal, () => Promise.reject(bug))).rejects.toBe(bug);
  expect(clock.pending).toBe(0);
});
