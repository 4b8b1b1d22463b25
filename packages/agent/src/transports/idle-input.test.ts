import { silentLogger } from "@confed/kernel";
import { FakeClock, LinkRecorder } from "@confed/testkit";
import { type LinkSink, memory, type TransportDeps } from "@confed/transports";
import { expect, test } from "vitest";
import { withIdleInput } from "./idle-input.ts";

async function idling(send: readonly string[] = ["\n"]) {
  const clock = new FakeClock();
  const { transport, farEnd } = memory();
  const deps: Omit<TransportDeps, "resolver"> = { clock, logger: silentLogger };
  const way = withIdleInput(
    transport(deps as TransportDeps),
    { afterMs: 60_000, send },
    { clock, timers: clock },
  );
  const notices: string[] = [];
  const sink = Object.assign(new LinkRecorder(), {
    onNotice: (text) => notices.push(text),
  } satisfies Partial<LinkSink>);
  const open = () => way.open({ signal: new AbortController().signal, sink });
  const typed = () => Buffer.concat(farEnd.received).toString();
  return { clock, farEnd, notices, sink, open, typed };
}

test("a silent console is typed at again and again, and viewers are told", async () => {
  const { clock, notices, open, typed } = await idling();
  const link = await open();
  clock.advance(59_999);
  expect([typed(), notices]).toEqual(["", []]);
  clock.advance(1);
  expect([typed(), notices]).toEqual(["\n", ["-- idle timeout --"]]);
  clock.advance(120_000);
  expect(typed()).toBe("\n\n\n");
  await link.close();
  expect(clock.pending).toBe(0);
});

test("whatever is typed or printed begins the time anew", async () => {
  const { clock, farEnd, sink, open, typed } = await idling();
  const link = await open();
  clock.advance(40_000);
  link.write(Buffer.from("x"));
  clock.advance(40_000);
  farEnd.feed(Buffer.from("y"));
  clock.advance(59_999);
  expect([typed(), sink.text()]).toEqual(["x", "y"]);
  clock.advance(1);
  expect(typed()).toBe("x\n");
  await link.close();
});

test("texts are typed a quarter of a second apart, and a link that ends gets no more of them, each time", async () => {
  const { clock, farEnd, sink, open, typed } = await idling(["a", "b", "c"]);
  for (const before of ["", "ab"]) {
    await open();
    clock.advance(60_000);
    expect(typed()).toBe(`${before}a`);
    clock.advance(250);
    expect(typed()).toBe(`${before}ab`);
    farEnd.hangUp();
    clock.advance(120_000);
    expect([typed(), clock.pending]).toEqual([`${before}ab`, 0]);
  }
  expect(sink.closedCount).toBe(2);
});

test("a link that takes nothing was not typed at, and is tried again", async () => {
  const { clock, farEnd, notices, open, typed } = await idling();
  const link = await open();
  farEnd.stall(true);
  link.write(Buffer.alloc(1024 * 1024, "x"));
  clock.advance(60_000);
  expect(notices).toEqual([]);
  farEnd.stall(false);
  clock.advance(60_000);
  expect([typed().replaceAll("x", ""), notices]).toEqual(["\n", ["-- idle timeout --"]]);
  await link.close();
});
