import { nextSolSequence, SOL_OPERATION, SOL_STATUS, type SolPacket } from "@confed/codecs";
import type { Cancel, Clock } from "@confed/kernel";
import type { ConsoleLink, LinkEvents } from "../console-link.ts";
import type { BmcFaults } from "./bmc-faults.ts";

/** As OpenBMC: soon again, and often. */
const REPEAT_AFTER_MS = 100;
/** Most characters of a packet to the console. */
const CHARACTERS_MAX = 250;

export interface SolServerOptions {
  readonly faults: BmcFaults;
  readonly timers: Pick<Clock, "after">;
  readonly send: (packet: SolPacket) => void;
  /** SOL is over, said by the console behind it; `notice` was given to the far end if it could be. */
  readonly onHungUp: () => void;
}

/**
 * A BMC's end of one activated SOL: strict where BMCs are strict. Numbers that are not consecutive get
 * no answer; a repeated one gets the answer that it had.
 */
export class SolServer implements ConsoleLink {
  readonly kind = "ipmi";
  readonly #options: SolServerOptions;
  #events: LinkEvents | undefined;
  #waiting: Uint8Array = NOTHING;
  /** Under way to the console. */
  #sent: { readonly sequence: number; readonly count: number } | undefined;
  #nextSequence = 1;
  #cancelRepeat: Cancel = () => undefined;
  #lastSequence = 0;
  #lastAnswer: Pick<SolPacket, "accepted" | "bits"> = { accepted: 0, bits: 0 };
  #inputPaused = false;
  #hangingUp = false;
  /** In the next packet to the console. */
  #statusBits = 0;
  #over = false;

  constructor(options: SolServerOptions) {
    this.#options = options;
  }

  /** Who is told what the far end types. Once, first. */
  attach(events: LinkEvents): void {
    this.#events = events;
  }

  write(bytes: Uint8Array): void {
    if (this.#over) return;
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    this.#pump();
  }

  pendingBytes(): number {
    return this.#waiting.length;
  }

  pauseInput(): void {
    this.#inputPaused = true;
  }

  resumeInput(): void {
    this.#inputPaused = false;
    this.goOn();
  }

  /** After everything that was printed, the far end is told that SOL is over. */
  hangUp(): void {
    this.#hangingUp = true;
    this.#pump();
  }

  reset(): void {
    this.#say({ bits: SOL_STATUS.deactivated });
    this.#options.onHungUp();
  }

  /** Characters are taken again. */
  goOn(): void {
    if (this.#lastSequence > 0) this.#say({ ackSequence: this.#lastSequence });
  }

  /** The host is switched off or on. */
  hostOff(off: boolean): void {
    this.#say({ bits: off ? SOL_STATUS.unavailable : 0 });
  }

  /** What waits is lost, as the far end is told. */
  overrun(): void {
    const { count } = this.#sent ?? { count: 0 };
    this.#waiting = this.#waiting.subarray(0, count);
    this.#statusBits |= SOL_STATUS.overrun;
  }

  /** Somebody else has it now; the far end may be told. */
  end({ notice }: { readonly notice: boolean }): void {
    if (this.#over) return;
    if (notice) this.#say({ bits: SOL_STATUS.deactivated });
    this.#over = true;
    this.#cancelRepeat();
    this.#events?.closed(false);
  }

  receive(packet: SolPacket): void {
    if (this.#over) return;
    if (packet.ackSequence !== 0) this.#acknowledged(packet);
    if (packet.sequence !== 0) this.#received(packet);
  }

  #received({ sequence, characters, bits }: SolPacket): void {
    const { faults } = this.#options;
    if (sequence !== this.#lastSequence) {
      // OpenBMC says nothing to what is out of turn.
      if (sequence !== nextSolSequence(this.#lastSequence)) return;
      const isBreak = (bits & SOL_OPERATION.generateBreak) !== 0;
      if (isBreak && faults.ignoresBreaks) return;
      this.#lastSequence = sequence;
      if (faults.suspended || this.#inputPaused) this.#lastAnswer = { accepted: 0, bits: SOL_STATUS.nack };
      else this.#take(characters, isBreak);
    }
    this.#say({ ackSequence: sequence, ...this.#lastAnswer });
  }

  #take(characters: Uint8Array, isBreak: boolean): void {
    const { acceptMax, acceptsTooMuch } = this.#options.faults;
    const count = Math.min(characters.length, acceptMax);
    if (isBreak) this.#events?.breakReceived();
    if (acceptsTooMuch && characters.length > 0) {
      // A memory of an earlier session: nothing of this packet was taken.
      this.#lastAnswer = { accepted: characters.length + 1, bits: 0 };
      this.#options.faults.acceptsTooMuch = false;
      return;
    }
    this.#lastAnswer = { accepted: count, bits: 0 };
    if (count > 0) this.#events?.input(characters.subarray(0, count));
  }

  #acknowledged({ ackSequence, accepted, bits }: SolPacket): void {
    const sent = this.#sent;
    if (sent === undefined || ackSequence !== sent.sequence) return;
    if ((bits & SOL_OPERATION.nack) !== 0) return;
    this.#cancelRepeat();
    this.#sent = undefined;
    this.#waiting = this.#waiting.subarray(Math.min(accepted, sent.count));
    this.#pump();
    if (this.#waiting.length === 0) this.#events?.drained();
  }

  #pump(): void {
    if (this.#sent !== undefined || this.#over) return;
    const count = Math.min(this.#waiting.length, CHARACTERS_MAX);
    if (count > 0) {
      this.#sent = { sequence: this.#nextSequence, count };
      this.#nextSequence = nextSolSequence(this.#nextSequence);
      this.#sendSent();
    } else if (this.#hangingUp) this.reset();
  }

  #sendSent(): void {
    const sent = this.#sent;
    if (sent === undefined) return;
    this.#say({
      sequence: sent.sequence,
      bits: this.#statusBits,
      characters: Uint8Array.from(this.#waiting.subarray(0, sent.count)),
    });
    this.#statusBits = 0;
    this.#cancelRepeat = this.#options.timers.after(REPEAT_AFTER_MS, () => {
      this.#sendSent();
    });
  }

  #say(packet: Partial<SolPacket>): void {
    this.#options.send({
      sequence: 0,
      ackSequence: 0,
      accepted: 0,
      bits: 0,
      characters: NOTHING,
      ...packet,
    });
  }
}

const NOTHING = new Uint8Array(0);
