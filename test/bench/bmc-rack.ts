import { join } from "node:path";
import { FAKE_BMC_USER } from "@confed/simulator";
import { JsonChild } from "./json-child.ts";
import { ROOT } from "./root.ts";

/** Where a BMC is to be had. */
export interface RackBmc {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface BmcReport {
  readonly active: number;
  readonly activations: number;
  /** Since they were forgotten: from printing a line until it was acknowledged. */
  readonly acknowledged: number;
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  readonly ackMaxMs: number;
  /** With something printed that was not acknowledged. */
  readonly waiting: number;
  readonly lines: number;
  /** How late these BMCs were themselves. */
  readonly lateP99Ms: number;
}

/** IPMI's own, which ConMan cannot be told otherwise; only root may listen there. */
const PORT = process.getuid?.() === 0 ? 623 : 16_623;
/** Another second octet for each that runs at a time. */
const FIRST_OCTET = 66;
let racks = 0;

/** Fake BMCs in a process of their own (systems/bmcs-program.mjs), told when to print. */
export class BmcRack {
  readonly bmcs: readonly RackBmc[];
  readonly user = FAKE_BMC_USER;
  readonly #child: JsonChild;

  constructor(child: JsonChild, bmcs: readonly RackBmc[]) {
    this.#child = child;
    this.bmcs = bmcs;
  }

  /** Ready to be logged in to. */
  static async start(count: number): Promise<BmcRack> {
    const octet = FIRST_OCTET + (racks++ % 32);
    const program = join(ROOT, "test/bench/systems/bmcs-program.mjs");
    const child = new JsonChild([process.execPath, program, ...[count, octet, PORT].map(String)]);
    await child.said();
    const bmcs = Array.from({ length: count }, (_, index) => ({
      name: `b${index}`,
      host: `127.${octet}.${(index + 1) >> 8}.${(index + 1) & 255}`,
      port: PORT,
    }));
    return new BmcRack(child, bmcs);
  }

  /** Whether these are where ConMan looks for BMCs. */
  get atUsualPort(): boolean {
    return PORT === 623;
  }

  /** Resolves with the wall clock in ms when all of them had SOL active at once. */
  async active(): Promise<number> {
    return Number((await this.#child.event("active")).atUs) / 1_000;
  }

  /** From now on so many lines a second on each. */
  async rate(linesPerSecond: number): Promise<void> {
    await this.#child.order(`rate ${linesPerSecond}`);
  }

  async quiet(): Promise<void> {
    await this.#child.order("quiet");
  }

  /** Forget how long acknowledgements took. */
  async forgetAcks(): Promise<void> {
    await this.#child.order("reset");
  }

  async report(): Promise<BmcReport> {
    return (await this.#child.order("report")) as unknown as BmcReport;
  }

  /** What each was told to print so far. */
  async printedBytes(): Promise<readonly number[]> {
    return String((await this.#child.order("report")).bytesOfEach)
      .split(" ")
      .map(Number);
  }

  async end(): Promise<void> {
    await this.#child.end();
  }
}
