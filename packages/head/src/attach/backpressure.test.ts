import { FakeStream } from "@confed/testkit";
import { expect, test } from "vitest";
import { backpressure } from "./backpressure.ts";

test("a source is not read while more than 256 KiB wait at its sink, and is read again when none do", async () => {
  const source = new FakeStream<object, object>("AttachRequest");
  const sink = new FakeStream<object, object>("AttachResponse");
  const hold = backpressure(source, sink);
  sink.backlogBytes = 256 * 1024;
  hold();
  expect(source.paused).toBe(false);
  sink.backlogBytes += 1;
  hold();
  expect(source.paused).toBe(true);
  sink.drain();
  await sink.drained();
  expect(source.paused).toBe(false);
});
