import type { ConfedError } from "@confed/kernel";
import { type AttachResponse, Encoded, messageCodec } from "@confed/wire";
import { expect, test } from "vitest";
import type { Mode, Seat } from "./seat.ts";
import { VIEWER_LIMITS } from "./viewer-limits.ts";
import { Viewers } from "./viewers.ts";

const responses = messageCodec("AttachResponse");

/** A seat that keeps what it was told. */
class Sitting implements Seat {
  readonly sessionId: string;
  readonly subject: string;
  readonly sinceMs = 0;
  mode: Mode = "VIEW";
  readonly told: AttachResponse[] = [];
  readonly outputs: Encoded[] = [];
  ended: ConfedError | undefined;

  constructor(subject: string) {
    this.subject = subject;
    this.sessionId = `session of ${subject}`;
  }
  tell(message: AttachResponse | Encoded): void {
    this.told.push(
      message instanceof Encoded ? (responses.decode(message.bytes) as AttachResponse) : message,
    );
  }
  output(message: Encoded): void {
    this.outputs.push(message);
  }
  end(error: ConfedError): void {
    this.ended = error;
  }
}

function room(...subjects: string[]) {
  const viewers = new Viewers({ wallTimeMs: () => 0 });
  return { viewers, seats: subjects.map((subject) => new Sitting(subject)) as [Sitting, Sitting, Sitting] };
}

test("the first who asks gets the keyboard, the next becomes a viewer", () => {
  const { viewers, seats } = room("alice", "bob");
  viewers.add(seats[0], "WRITE", false);
  viewers.add(seats[1], "WRITE", false);
  expect([seats[0].mode, seats[1].mode, viewers.writer?.subject]).toEqual(["WRITE", "VIEW", "alice"]);
});

test("force takes the keyboard; the old writer is told by whom, the others that it changed", () => {
  const { viewers, seats } = room("alice", "bob", "carol");
  viewers.add(seats[0], "WRITE", false);
  viewers.add(seats[1], "VIEW", false);
  viewers.add(seats[2], "WRITE", true);
  expect(seats[0].told.at(-1)).toMatchObject({ modeChanged: { mode: "VIEW", by: "carol" } });
  expect(seats[1].told.at(-1)).toMatchObject({ event: { kind: "WRITER_CHANGED", subject: "carol" } });
  expect([seats[0].mode, seats[2].mode]).toEqual(["VIEW", "WRITE"]);
});

test("without force the keyboard of somebody else is busy, and nothing changes", () => {
  const { viewers, seats } = room("alice", "bob");
  viewers.add(seats[0], "WRITE", false);
  viewers.add(seats[1], "VIEW", false);
  expect(() => {
    viewers.setMode(seats[1], "WRITE", false);
  }).toThrow("[console_busy] alice holds the keyboard");
  expect(viewers.writer).toBe(seats[0]);
});

test("a keyboard that was given up or left behind is free, and nobody gets it unasked", () => {
  const { viewers, seats } = room("alice", "bob");
  viewers.add(seats[0], "WRITE", false);
  viewers.add(seats[1], "VIEW", false);
  viewers.setMode(seats[0], "VIEW", false);
  expect([viewers.writer, seats[1].mode]).toEqual([undefined, "VIEW"]);
  viewers.setMode(seats[1], "WRITE", false);
  viewers.remove(seats[1]);
  expect([viewers.writer, seats[0].mode]).toEqual([undefined, "VIEW"]);
});

test("everybody sees who comes and who goes, and leaving twice is seen once", () => {
  const { viewers, seats } = room("alice", "bob");
  viewers.add(seats[0], "VIEW", false);
  viewers.add(seats[1], "VIEW", false);
  viewers.remove(seats[1]);
  viewers.remove(seats[1]);
  expect(seats[0].told.map(({ event }) => [event?.kind, event?.subject])).toEqual([
    ["VIEWER_CAME", "bob"],
    ["VIEWER_LEFT", "bob"],
  ]);
});

test("output is encoded once, whoever many they are", () => {
  const { viewers, seats } = room("alice", "bob");
  for (const seat of seats.slice(0, 2)) viewers.add(seat, "VIEW", false);
  viewers.output(7, Buffer.from("login"));
  expect(seats[0].outputs[0]).toBe(seats[1].outputs[0]);
});

test("what was encoded does not change when the borrowed bytes do", () => {
  const { viewers, seats } = room("alice");
  viewers.add(seats[0], "VIEW", false);
  const borrowed = Buffer.from("login");
  viewers.output(0, borrowed);
  const before = Buffer.from(seats[0].outputs[0]?.bytes ?? []);
  borrowed.fill(0);
  expect(seats[0].outputs[0]?.bytes.equals(before)).toBe(true);
});

test("one viewer too many is refused, named, and changes nothing", () => {
  const { viewers } = room();
  for (let i = 0; i < VIEWER_LIMITS.perConsoleMax; i++) viewers.add(new Sitting(`v${i}`), "VIEW", false);
  expect(() => {
    viewers.add(new Sitting("late"), "WRITE", true);
  }).toThrow("resource_exhausted");
  expect([viewers.count, viewers.writer]).toEqual([VIEWER_LIMITS.perConsoleMax, undefined]);
});

test("a crowd is listed in part, with whoever holds the keyboard", () => {
  const { viewers } = room();
  for (let i = 0; i < VIEWER_LIMITS.listedMax + 10; i++) viewers.add(new Sitting(`v${i}`), "VIEW", false);
  viewers.add(new Sitting("writer"), "WRITE", false);
  const listed = viewers.status();
  expect(listed).toHaveLength(VIEWER_LIMITS.listedMax);
  expect(listed.slice(0, 2).map(({ subject }) => subject)).toEqual(["writer", "v0"]);
});

test("of a crowd only who holds the keyboard is told who comes and goes", () => {
  const { viewers, seats } = room("writer", "first");
  viewers.add(seats[0], "WRITE", false);
  viewers.add(seats[1], "VIEW", false);
  for (let i = 0; i < VIEWER_LIMITS.listedMax; i++) viewers.add(new Sitting(`v${i}`), "VIEW", false);
  const [told, toldFirst] = [seats[0].told.length, seats[1].told.length];
  viewers.add(new Sitting("late"), "VIEW", false);
  expect([seats[0].told.length - told, seats[1].told.length - toldFirst]).toEqual([1, 0]);
});
