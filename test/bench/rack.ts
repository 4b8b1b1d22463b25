import { JsonChild } from "./json-child.ts";

/** Where a console is to be had: raw TCP. */
export interface RackConsole {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface RackReport {
  readonly connected: number;
  readonly reopened: number;
  readonly lines: number;
  readonly bytes: number;
  readonly blockedLines: number;
  readonly skippedLines: number;
  readonly tornLines: number;
  readonly lateP50Ms: number;
  readonly lateP99Ms: number;
  readonly cpuSeconds: number;
}

/** Bytes of every line that a rack prints, its line feed included. */
export const LINE_BYTES = 80;

/** Consoles that a generator plays (rack.c), told when to print. Ranges count from 0, the last one included. */
export class Rack {
  readonly consoles: readonly RackConsole[];
  readonly #child: JsonChild;

  constructor(child: JsonChild, consoles: readonly RackConsole[]) {
    this.#child = child;
    this.consoles = consoles;
  }

  /** Ready to be connected to. `first` is the number of the first console: n000123. */
  static async start(program: string, count: number, first = 0): Promise<Rack> {
    // From 127.64.0.1 on; nobody else listens up there.
    const address = (index: number) => `127.64.${(index + 1) >> 8}.${(index + 1) & 255}`;
    const child = new JsonChild([program, String(first), String(count), address(0)]);
    const { port } = await child.said();
    return new Rack(
      child,
      Array.from({ length: count }, (_, index) => ({
        name: consoleName(first + index),
        host: address(index),
        port: Number(port),
      })),
    );
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Resolves with the wall clock when all of them had a link, ms since 1970. */
  async connected(): Promise<number> {
    return Number((await this.#child.event("connected")).atUs) / 1000;
  }

  /** From now on, besides what runs: `lines` a second on each, `burst` of them in one write. */
  async rate(lines: number, { from = 0, to = this.consoles.length - 1, burst = 1 } = {}): Promise<void> {
    await this.#child.order(`rate ${from} ${to} ${lines} ${burst}`);
  }

  /** Resolves when all of it was taken, `burst` lines in one write; `startMs` is when it began. */
  async flood(
    bytes: number,
    { from = 0, to = this.consoles.length - 1, burst = 1 } = {},
  ): Promise<{ readonly startMs: number; readonly takenMs: number }> {
    const { atUs } = await this.#child.order(`flood ${from} ${to} ${bytes} ${burst}`);
    const flooded = await this.#child.event("flooded");
    return { startMs: Number(atUs) / 1000, takenMs: Number(flooded.atUs) / 1000 };
  }

  /** No more rates. */
  async quiet(): Promise<void> {
    await this.#child.order("quiet");
  }

  async hangUp(from: number, to: number): Promise<void> {
    await this.#child.order(`hangup ${from} ${to}`);
  }

  async report(): Promise<RackReport> {
    return (await this.#child.order("report")) as unknown as RackReport;
  }

  /** Forget how late it was. */
  async forgetLateness(): Promise<void> {
    await this.#child.order("reset");
  }

  /** Writes what each console sent so far: "number lines bytes" a line. */
  async writeSent(path: string): Promise<void> {
    await this.#child.order(`sent ${path}`);
  }

  async end(): Promise<void> {
    await this.#child.end();
  }
}

/** As rack.c and logcheck.c number them. */
function consoleName(number: number): string {
  return `n${String(number).padStart(6, "0")}`;
}
