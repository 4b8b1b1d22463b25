import { afterEach, beforeEach, expect } from "vitest";
import { type FakeAgent, type FakeHead, startFakeAgent, startFakeHead } from "./fake-agent.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeWorld } from "./fake-world.ts";

/** An agent behind a head, made anew for every test of a file, and a program that is run against them. */
export interface FakeFederation {
  readonly agent: FakeAgent;
  readonly head: FakeHead;
  /** Stands still until it is told to go on. */
  readonly clock: FakeClock;
  /** Of the last run. */
  readonly world: FakeWorld;
  /** Run a command line, with the head in its environment; between pipes unless a terminal is asked for. */
  run(args: readonly string[], options?: { readonly terminal?: boolean }): Promise<number>;
}

/**
 * For the tests of the file that calls it: an agent with consoles of these names. Each test must leave
 * no timer, and its last run nothing in its world.
 */
export function fakeFederation(
  consoles: readonly string[],
  program: (world: FakeWorld) => Promise<number>,
): FakeFederation {
  let agent: FakeAgent;
  let head: FakeHead;
  let clock: FakeClock;
  let world: FakeWorld;

  beforeEach(async () => {
    agent = await startFakeAgent(consoles);
    head = await startFakeHead(agent);
    clock = new FakeClock();
    world = new FakeWorld({ clock });
  });

  afterEach(async () => {
    await agent.stop();
    await head.stop();
    // A stream hears of its end a few turns after the servers are gone.
    await expect.poll(() => clock.pending).toBe(0);
    expect(world.leftovers).toBe(0);
  });

  return {
    get agent() {
      return agent;
    },
    get head() {
      return head;
    },
    get clock() {
      return clock;
    },
    get world() {
      return world;
    },
    run(args, { terminal = false } = {}) {
      world = new FakeWorld({ clock, args, terminal, env: { CONFED_HEAD: head.address } });
      return program(world);
    },
  };
}
