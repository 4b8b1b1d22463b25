import { FakeStream } from "@confed/testkit";
import { expect, test } from "vitest";
import { breathe } from "./breathe.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("one reader goes on in each turn of the event loop, in the order in which they came", async () => {
  const gone: number[] = [];
  const reader = async (number: number) => {
    const outlet = new FakeStream<never, object>("ListResponse");
    for (let page = 0; page < 2; page += 1) {
      await breathe(outlet);
      gone.push(number);
    }
  };
  const readers = Promise.all([1, 2, 3].map(reader));
  for (let turns = 1; turns <= 6; turns += 1) {
    await turn();
    expect(gone.length).toBeLessThanOrEqual(turns);
  }
  await readers;
  expect(gone).toEqual([1, 2, 3, 1, 2, 3]);
});

test("a reader that is behind takes nobody's turn", async () => {
  const behind = new FakeStream<never, object>("ListResponse");
  behind.backlogBytes = 1_000_000;
  let wentOn = false;
  const slow = breathe(behind).then(() => {
    wentOn = true;
  });
  await breathe(new FakeStream<never, object>("ListResponse"));
  expect(wentOn).toBe(false);
  behind.drain();
  await slow;
});
