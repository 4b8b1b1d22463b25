import { expect } from "vitest";
import type { ByteLog } from "./byte-log.ts";
import type { ConfedRig, RigConsole, RigHead } from "./confed-rig.ts";
import { ALL_BYTES } from "./random-bytes.ts";

/** Every byte value a thousand times. */
export const THOUSANDFOLD: Uint8Array = Buffer.concat(new Array<Uint8Array>(1_000).fill(ALL_BYTES));

/** The far end of a console, behind a real peer. */
export interface FarEnd {
  readonly received: ByteLog;
  print(bytes: Uint8Array): void;
}

/**
 * Hold a console to the rule that nothing between its far end and an operator's pipe changes a byte:
 * all byte values a thousand times, both ways at once, to `rcons --raw-terminal`, straight to the
 * agent and through the head. "echo": the far end prints what it is sent; it says "ready" first.
 */
export async function expectByteClean(
  rig: ConfedRig,
  entry: RigConsole,
  far: FarEnd | "echo",
): Promise<void> {
  const { name } = entry;
  const head = await rig.startHead();
  const agent = await rig.startAgent({ heads: [head.address], consoles: [entry] });
  const witness = rig.attach(agent, { console: name, mode: "VIEW" });
  const opened = await witness.whenOpened();
  await rig.watch(head).shows(name, "CONNECTED");
  if (far === "echo") {
    // Printed before or after the witness came.
    const early = rig.attach(agent, {
      console: name,
      mode: "VIEW",
      from: { logId: opened.start?.logId ?? "", offset: 0 },
    });
    await early.saw("ready");
  }
  for (const route of ["direct", "relay"] as const) await overRoute(rig, { head, name, far, route });
  await agent.process.stop();
  const printed = agent.log(name);
  const runs = Buffer.concat([THOUSANDFOLD, THOUSANDFOLD]);
  expect(printed.subarray(-runs.length).equals(runs)).toBe(true);
  expect(agent.gaps(name)).toEqual([]);
}

async function overRoute(
  rig: ConfedRig,
  {
    head,
    name,
    far,
    route,
  }: {
    readonly head: RigHead;
    readonly name: string;
    readonly far: FarEnd | "echo";
    readonly route: "direct" | "relay";
  },
): Promise<void> {
  const run = rig.rcons(head, name, "--raw-terminal", "--route", route, "--linger", "0s");
  await run.told(`[${name} on `);
  expect(run.stderr).toContain(route);
  const received = far === "echo" ? undefined : far.received;
  const start = received?.length ?? 0;
  if (far !== "echo") far.print(THOUSANDFOLD);
  await run.type(THOUSANDFOLD);
  await Promise.all([
    received?.reached(start + THOUSANDFOLD.length),
    run.stdout.reached(THOUSANDFOLD.length),
  ]);
  run.endInput();
  expect(await run.exited, run.said).toBe(0);
  expect(run.stdout.bytes().equals(THOUSANDFOLD), `printed over ${route}`).toBe(true);
  if (received !== undefined) {
    expect(received.bytes(start).equals(THOUSANDFOLD), `typed over ${route}`).toBe(true);
  }
}
