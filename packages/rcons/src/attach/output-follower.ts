import type { GapReceived, OpenedReceived, OutputReceived } from "@confed/wire";
import { gapText, movedText } from "../render/gap-text.ts";
import { CatchUp } from "./catch-up.ts";
import { advance, afterGap, type Place, placeOf } from "./output-place.ts";

/** Where output and lines about it are shown. */
export interface OutputScreen {
  output(data: Uint8Array, when: { readonly live: boolean }): void;
  replay(data: Uint8Array): void;
  say(...lines: readonly string[]): void;
}

/** Shows a console's output once and in order, over any number of streams, and says what is missing. */
export class OutputFollower {
  readonly #screen: OutputScreen;
  #place: Place | undefined;
  #catchUp: CatchUp | undefined;
  #owner = "";
  /** The log that was told to be another one; the agent will say so, too. */
  #toldLogId = "";

  constructor(screen: OutputScreen) {
    this.#screen = screen;
  }

  /** How far it has come; undefined before anything was opened. */
  get place(): Place | undefined {
    return this.#place;
  }

  /** A stream was opened; `awayMs` since the last one was lost, if there was one. */
  opened({ start, status }: OpenedReceived, awayMs: number | undefined): void {
    const begin = start === null ? undefined : placeOf(start);
    const lastOwner = this.#owner;
    this.#owner = status?.owner ?? "";
    const before = this.#place;
    // In the same log we stand where we stood: what lies between is told as a gap.
    if (before === undefined || (begin !== undefined && begin.logId !== before.logId)) this.#place = begin;
    if (awayMs === undefined) return;
    const end = status?.end;
    this.#catchUp = new CatchUp({
      awayMs,
      end: end === undefined || end === null ? undefined : placeOf(end),
    });
    // The agent tells it after this. Then it would contradict what is said of the time away.
    if (before !== undefined && begin !== undefined && begin.logId !== before.logId) {
      this.#toldLogId = begin.logId;
      this.#sayAnew(begin, lastOwner);
    }
  }

  /** The stream was lost. Whether it had caught up with the one before is no matter any more. */
  lost(): void {
    this.#catchUp = undefined;
    this.#toldLogId = "";
  }

  output(output: OutputReceived): void {
    if (output.replayed || this.#place === undefined) {
      this.#screen.replay(output.data);
      return;
    }
    const { offset } = this.#place;
    const { place, fresh, missingBytes } = advance(this.#place, output);
    if (missingBytes > 0)
      this.#sayGap({ from: offset, to: output.offset, lengthKnown: true, reason: "GAP_REASON_UNSPECIFIED" });
    this.#place = place;
    this.#screen.output(fresh, { live: this.#catchUp === undefined });
    this.#catchUp?.output(fresh.length);
    this.sayCaughtUp();
  }

  gap(gap: GapReceived): void {
    const told = gap.reason === "LOG_RESET" && gap.logId !== "" && gap.logId === this.#toldLogId;
    this.#toldLogId = "";
    if (!told) this.#sayGap(gap);
    if (this.#place !== undefined) this.#place = afterGap(this.#place, gap);
    this.sayCaughtUp();
  }

  /** Says, once, that all that was missed has been shown; nothing before that. */
  sayCaughtUp(): void {
    if (this.#catchUp === undefined || this.#place === undefined) return;
    const line = this.#catchUp.lineAt(this.#place);
    if (line === undefined) return;
    this.#catchUp = undefined;
    this.#screen.say(line);
  }

  /** Another numbering: by another agent, or by one that has lost its own. */
  #sayAnew({ offset }: Place, lastOwner: string): void {
    if (lastOwner === "" || this.#owner === "" || lastOwner === this.#owner) {
      this.#sayGap({ from: offset, to: offset, lengthKnown: false, reason: "LOG_RESET" });
      return;
    }
    this.#screen.say(movedText(lastOwner, this.#owner));
    this.#catchUp?.gap();
  }

  #sayGap(gap: Parameters<typeof gapText>[0]): void {
    this.#screen.say(gapText(gap));
    this.#catchUp?.gap();
  }
}
