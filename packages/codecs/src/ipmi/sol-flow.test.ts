import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { beginSolFlow, type SolEffect, type SolEvent, type SolFlow, stepSolFlow } from "./sol-flow.ts";
import { nextSolSequence, SOL_STATUS, type SolPacket, solCharactersMax } from "./sol-packet.ts";

/** A flow and everything that it did, in words. */
class Driven {
  flow: SolFlow;
  readonly log: string[] = [];

  constructor(options: { readonly advanceStuck?: boolean } = {}) {
    const { flow, effects } = beginSolFlow({ charactersMax: 10, ...options });
    this.flow = flow;
    this.#note(effects);
  }

  /** Past the first packet. */
  static begun(options: { readonly advanceStuck?: boolean } = {}): Driven {
    const driven = new Driven(options);
    driven.packet({ ackSequence: 1 });
    driven.log.length = 0;
    return driven;
  }

  step(event: SolEvent): string[] {
    const { flow, effects } = stepSolFlow(this.flow, event);
    this.flow = flow;
    return this.#note(effects);
  }

  packet(packet: Partial<Omit<SolPacket, "characters">> & { readonly length?: number }): string[] {
    const characters = new Uint8Array(packet.length ?? 0);
    const whole = { sequence: 0, ackSequence: 0, accepted: 0, bits: 0, ...packet, characters };
    return this.step({ type: "packet", packet: whole });
  }

  #note(effects: readonly SolEffect[]): string[] {
    const words = effects.filter(({ type }) => type !== "disarm").map(describeEffect);
    this.log.push(...words);
    return words;
  }
}

function describeEffect(effect: SolEffect): string {
  switch (effect.type) {
    case "send":
      return `send ${effect.sequence}:${effect.isBreak ? "break" : effect.count}`;
    case "ack":
      return `ack ${effect.sequence}:${effect.length}`;
    case "deliver":
      return `deliver ${effect.from}-`;
    case "accepted":
      return `accepted ${effect.count}`;
    case "arm":
      return `wait ${effect.delayMs}`;
    case "lost":
      return `lost ${effect.cause}`;
    case "host":
      return effect.off ? "host off" : "host on";
    case "break_over":
      return effect.taken ? "break taken" : "break ignored";
    default:
      return effect.type;
  }
}

describe("the first packet", () => {
  test("is empty, has number 1, and is repeated once; then data goes on with number 2", () => {
    const driven = new Driven();
    expect(driven.log).toEqual(["send 1:0", "wait 300"]);
    expect(driven.step({ type: "queued", bytes: 3 })).toEqual([]);
    expect(driven.step({ type: "due" })).toEqual(["repeated", "send 1:0", "wait 300"]);
    expect(driven.step({ type: "due" })).toEqual(["send 2:3", "wait 500"]);
  });

  test("lets data go at once when it is acknowledged, with whatever length", () => {
    const driven = new Driven();
    driven.step({ type: "queued", bytes: 3 });
    expect(driven.packet({ ackSequence: 1, accepted: 77 })).toEqual(["send 2:3", "wait 500"]);
  });
});

describe("what is typed", () => {
  test("goes in packets of the BMC's size, one at a time, numbered from 1 to 15 and round", () => {
    const driven = Driven.begun();
    driven.step({ type: "queued", bytes: 200 });
    let sequence = 2;
    for (let packet = 0; packet < 20; packet += 1) {
      const [first] = driven.log.splice(0);
      expect(first).toBe(packet === 0 ? `send ${sequence}:10` : "accepted 10");
      driven.packet({ ackSequence: sequence, accepted: 10 });
      sequence = nextSolSequence(sequence);
    }
    expect(driven.flow.queuedBytes).toBe(0);
  });

  test("is sent again under the same number, and given up after eight tries", () => {
    const driven = Driven.begun();
    expect(driven.step({ type: "queued", bytes: 3 })).toEqual(["send 2:3", "wait 500"]);
    // More is typed meanwhile: what is repeated stays as it was.
    expect(driven.step({ type: "queued", bytes: 4 })).toEqual([]);
    for (let again = 0; again < 7; again += 1) {
      expect(driven.step({ type: "due" })).toEqual(["repeated", "send 2:3", "wait 500"]);
    }
    expect(driven.step({ type: "due" })).toEqual(["silent"]);
  });

  test("goes on under the next number where a part was accepted", () => {
    const driven = Driven.begun();
    driven.step({ type: "queued", bytes: 10 });
    expect(driven.packet({ ackSequence: 2, accepted: 4 })).toEqual(["accepted 4", "send 3:6", "wait 500"]);
  });

  test("waits while the BMC takes nothing, longer each time, and goes on when it says so", () => {
    const driven = Driven.begun();
    const nack = { accepted: 0, bits: SOL_STATUS.nack };
    driven.step({ type: "queued", bytes: 10 });
    expect(driven.packet({ ackSequence: 2, ...nack })).toEqual(["wait 50"]);
    expect(driven.step({ type: "queued", bytes: 1 })).toEqual([]);
    expect(driven.step({ type: "due" })).toEqual(["send 3:10", "wait 500"]);
    expect(driven.packet({ ackSequence: 3, ...nack })).toEqual(["wait 100"]);
    expect(driven.packet({ sequence: 1, length: 2 }), "output says nothing of it").toEqual([
      "ack 1:2",
      "deliver 0-",
    ]);
    expect(driven.packet({ ackSequence: 3 })).toEqual(["send 4:10", "wait 500"]);
    for (let sequence = 4; sequence < 14; sequence += 1) {
      driven.packet({ ackSequence: sequence, ...nack });
      driven.step({ type: "due" });
    }
    expect(driven.log.at(-3)).toBe("wait 1000");
  });

  test("is sent again where more was accepted than there was: that is of an earlier session", () => {
    const driven = Driven.begun();
    driven.step({ type: "queued", bytes: 3 });
    expect(driven.packet({ ackSequence: 2, accepted: 9 })).toEqual(["wait 50"]);
    expect(driven.step({ type: "due" })).toEqual(["send 3:3", "wait 500"]);
  });

  test("ignores the acknowledgement of another packet", () => {
    const driven = Driven.begun();
    driven.step({ type: "queued", bytes: 3 });
    expect(driven.packet({ ackSequence: 1, accepted: 3 })).toEqual([]);
    expect(driven.flow.queuedBytes).toBe(3);
  });

  test("takes the next number once when it is stuck, where solpacketseq asks for it", () => {
    const driven = Driven.begun({ advanceStuck: true });
    driven.step({ type: "queued", bytes: 3 });
    for (let again = 0; again < 7; again += 1) driven.step({ type: "due" });
    expect(driven.log.filter((words) => words.startsWith("send"))).toEqual([
      ...Array<string>(4).fill("send 2:3"),
      ...Array<string>(4).fill("send 3:3"),
    ]);
  });
});

describe("a break", () => {
  test("goes behind what was typed before it, and before what was typed after", () => {
    const driven = Driven.begun();
    driven.step({ type: "queued", bytes: 12 });
    driven.step({ type: "break" });
    driven.step({ type: "queued", bytes: 5 });
    driven.packet({ ackSequence: 2, accepted: 10 });
    driven.packet({ ackSequence: 3, accepted: 1 });
    driven.packet({ ackSequence: 4, accepted: 1 });
    driven.packet({ ackSequence: 5 });
    expect(driven.log.filter((words) => !words.startsWith("wait"))).toEqual([
      "send 2:10",
      "accepted 10",
      "send 3:2",
      "accepted 1",
      "send 4:1",
      "accepted 1",
      "send 5:break",
      "break taken",
      "send 6:5",
    ]);
  });

  test("is given up after three tries, and the rest goes on", () => {
    const driven = Driven.begun();
    driven.step({ type: "break" });
    driven.step({ type: "queued", bytes: 1 });
    driven.step({ type: "due" });
    driven.step({ type: "due" });
    expect(driven.step({ type: "due" })).toEqual(["break ignored", "send 3:1", "wait 500"]);
  });
});

describe("what the BMC sends", () => {
  test("is acknowledged in full and delivered, also the first packet with any number", () => {
    expect(Driven.begun().packet({ sequence: 7, length: 5 })).toEqual(["ack 7:5", "deliver 0-"]);
  });

  test("is delivered once when it is repeated, and only what is new of a longer one", () => {
    const driven = Driven.begun();
    driven.packet({ sequence: 1, length: 5 });
    expect(driven.packet({ sequence: 1, length: 5 })).toEqual(["ack 1:5"]);
    expect(driven.packet({ sequence: 1, length: 8 })).toEqual(["ack 1:8", "deliver 5-"]);
    expect(driven.packet({ sequence: 1, length: 3 })).toEqual(["ack 1:3"]);
    expect(driven.packet({ sequence: 1, length: 9 })).toEqual(["ack 1:9", "deliver 8-"]);
  });

  test("is acknowledged also where it is empty, and never refused", () => {
    expect(Driven.begun().packet({ sequence: 1 })).toEqual(["ack 1:0"]);
  });

  test("is delivered behind a mark where a number was left out", () => {
    const driven = Driven.begun();
    driven.packet({ sequence: 15, length: 1 });
    expect(driven.packet({ sequence: 1, length: 1 })).toEqual(["ack 1:1", "deliver 0-"]);
    expect(driven.packet({ sequence: 3, length: 1 })).toEqual(["ack 3:1", "lost numbering", "deliver 0-"]);
  });

  test("marks an overrun once, however often the packet comes", () => {
    const driven = Driven.begun();
    const overrun = { sequence: 1, length: 1, bits: SOL_STATUS.overrun };
    expect(driven.packet(overrun)).toEqual(["ack 1:1", "lost overrun", "deliver 0-"]);
    expect(driven.packet(overrun)).toEqual(["ack 1:1"]);
  });

  test("tells once that the host is off, and once that it is back", () => {
    const driven = Driven.begun();
    expect(driven.packet({ bits: SOL_STATUS.unavailable })).toEqual(["host off"]);
    expect(driven.packet({ bits: SOL_STATUS.unavailable })).toEqual([]);
    expect(driven.packet({ bits: 0 })).toEqual(["host on"]);
  });

  test("ends SOL when it says so", () => {
    expect(Driven.begun().packet({ bits: SOL_STATUS.deactivated })).toEqual(["deactivated"]);
  });
});

test.each([
  [0, 28],
  [4, 28],
  [5, 1],
  [32, 28],
  [259, 255],
  [260, 28],
  [16_384, 28],
  [65_535, 28],
])("a BMC that names %d bytes gets packets of %d characters", (payloadBytes, characters) => {
  expect(solCharactersMax(payloadBytes)).toBe(characters);
});

test("no packet of a BMC makes it forget what is queued, or deliver what was not there", () => {
  const packet = fc.record({
    sequence: fc.nat(15),
    ackSequence: fc.nat(15),
    accepted: fc.nat(255),
    bits: fc.nat(255),
    characters: fc.uint8Array({ maxLength: 20 }),
  });
  const event: fc.Arbitrary<SolEvent> = fc.oneof(
    fc.record({ type: fc.constant("packet" as const), packet }),
    fc.record({ type: fc.constant("queued" as const), bytes: fc.integer({ min: 1, max: 30 }) }),
    fc.constant({ type: "break" } as const),
    fc.constant({ type: "due" } as const),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 100 }), (events) => {
      let { flow } = beginSolFlow({ charactersMax: 10 });
      let queued = 0;
      for (const next of events) {
        const step = stepSolFlow(flow, next);
        if (next.type === "queued") queued += next.bytes;
        for (const effect of step.effects) {
          if (effect.type === "accepted") queued -= effect.count;
          if (effect.type === "deliver")
            expect(next.type === "packet" && next.packet.characters.length > effect.from).toBe(true);
          if (effect.type === "send") expect(effect.count).toBeLessThanOrEqual(queued);
        }
        flow = step.flow;
        expect(flow.queuedBytes).toBe(queued);
      }
    }),
    { numRuns: 1_000 },
  );
});
