import { type Cancel, ConfedError, formatDuration, neutralise } from "@confed/kernel";
import { formatCount } from "../render/format-count.ts";
import { type EscapeState, heldBack, readTyped } from "./escape-parser.ts";
import type { EscapeSequence } from "./escape-sequence.ts";
import type { SessionInput } from "./keyboard-input.ts";
import { type ObeyParts, obey } from "./obey.ts";

export interface PipedInputParts extends Omit<ObeyParts, "escape"> {
  readonly escape: EscapeSequence | undefined;
  /** A spy sends nothing: standard input is not even read, and its end means nothing. */
  readonly mode: "WRITE" | "VIEW";
  /** After the end of input: leave when the console has been quiet for so long ... */
  readonly lingerMs: number;
  /** Input cannot be sent, or was not acknowledged; the session is still to be ended. */
  readonly failed: (error: ConfedError) => void;
}

/** ... and in any case after so many times as long, for some consoles are never quiet. */
const LINGER_FACTOR_MAX = 10;
/** A console that is opened on demand, or just reconnects, is up by then; one that flaps may not be. */
const CONSOLE_UP_TIMEOUT_MS = 10_000;
/** A link that takes no input for so long is not going to. */
const ACKNOWLEDGE_TIMEOUT_MS = 10_000;

/**
 * Input from a pipe or a file. It is read only while it can be sent, so nothing of it is lost while
 * the session is away; at its end the session stays until all was acknowledged and the console has
 * been quiet for a moment, and then quits.
 */
export class PipedInput implements SessionInput {
  readonly #parts: PipedInputParts;
  #state: EscapeState = "plain";
  #started = false;
  #stopped = false;
  #ended = false;
  #acknowledgedAtMs: number | undefined;
  #cancel: Cancel = () => undefined;
  #cancelUp: Cancel | undefined;
  #sent = false;
  readonly #onData = (data: Uint8Array) => {
    this.#read(data);
    this.changed();
  };
  readonly #onEnd = () => {
    this.#end();
  };

  constructor(parts: PipedInputParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#parts.mode === "VIEW") return;
    this.#started = true;
    const { stdin } = this.#parts.world;
    stdin.on("data", this.#onData);
    stdin.on("end", this.#onEnd);
    stdin.on("error", this.#onEnd);
  }

  changed(): void {
    if (!this.#started || this.#stopped) return;
    const { session, console, world } = this.#parts;
    const loss = session.inputLoss;
    if (loss !== undefined) {
      this.#fail(loss);
      return;
    }
    if (session.attached && !session.canType) {
      this.#fail(notTyping(session, console));
      return;
    }
    if (this.#ended) this.#checkAcknowledged();
    else if (!session.canType || !session.consoleUp) this.#wait();
    else {
      this.#disarmUp();
      if (session.inputFull) {
        world.stdin.pause();
        void session.inputDrained().then(() => {
          this.changed();
        });
      } else world.stdin.resume();
    }
  }

  /** Nothing can be sent now; an attached console without a link is not waited for at length. */
  #wait(): void {
    const { session, console, world } = this.#parts;
    world.stdin.pause();
    if (!session.attached) {
      this.#disarmUp();
      return;
    }
    this.#cancelUp ??= world.clock.after(CONSOLE_UP_TIMEOUT_MS, () => {
      const rest = this.#sent ? "the rest of the input was not sent" : "nothing was sent";
      this.#fail(
        new ConfedError(
          "console_down",
          `the console had no link for ${formatDuration(CONSOLE_UP_TIMEOUT_MS)}, ${rest}`,
          { subject: console, hint: `rcons info ${console} says why` },
        ),
      );
    });
  }

  #disarmUp(): void {
    this.#cancelUp?.();
    this.#cancelUp = undefined;
  }

  /** Nothing is sent any more: what comes after a part that is missing means something else. */
  #fail(error: ConfedError): void {
    this.stop();
    this.#parts.failed(error);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
    this.#disarmUp();
    const { stdin } = this.#parts.world;
    stdin.off("data", this.#onData);
    stdin.off("end", this.#onEnd);
    stdin.pause();
  }

  #read(data: Uint8Array): void {
    const { escape, session } = this.#parts;
    this.#sent = true;
    if (escape === undefined) {
      session.type(data);
      return;
    }
    const { state, typed } = readTyped(this.#state, data, escape);
    this.#state = state;
    for (const item of typed) {
      if (!this.#stopped) obey(item, { ...this.#parts, escape });
    }
  }

  #end(): void {
    if (this.#ended || this.#stopped) return;
    const { escape, session, console, world } = this.#parts;
    this.#ended = true;
    if (escape !== undefined) {
      const last = heldBack(this.#state, escape);
      if (last.length > 0) session.type(last);
    }
    this.#cancel = world.clock.after(ACKNOWLEDGE_TIMEOUT_MS, () => {
      const what = `${formatCount(session.inputOpenBytes, "byte")} of the input not acknowledged in ${formatDuration(ACKNOWLEDGE_TIMEOUT_MS)}`;
      this.#fail(
        session.consoleUp
          ? new ConfedError("deadline_exceeded", what, { subject: console })
          : new ConfedError("console_down", `the console has no link; ${what}`, {
              subject: console,
              hint: `rcons info ${console} says why`,
            }),
      );
    });
    this.#checkAcknowledged();
  }

  #checkAcknowledged(): void {
    const { session, world } = this.#parts;
    if (this.#acknowledgedAtMs !== undefined || session.inputOpenBytes > 0) return;
    this.#cancel();
    this.#acknowledgedAtMs = world.clock.nowMs();
    this.#linger();
  }

  #linger(): void {
    const { session, world, lingerMs } = this.#parts;
    const nowMs = world.clock.nowMs();
    const acknowledgedAtMs = this.#acknowledgedAtMs ?? nowMs;
    const quietAtMs = Math.max(acknowledgedAtMs, session.lastOutputMs) + lingerMs;
    const leaveAtMs = Math.min(quietAtMs, acknowledgedAtMs + LINGER_FACTOR_MAX * lingerMs);
    if (nowMs >= leaveAtMs) session.quit();
    else {
      this.#cancel = world.clock.after(leaveAtMs - nowMs, () => {
        this.#linger();
      });
    }
  }
}

function notTyping({ notAllowed, writer }: PipedInputParts["session"], subject: string): ConfedError {
  if (notAllowed !== "")
    return new ConfedError("permission_denied", neutralise(notAllowed, 160), {
      subject,
      hint: "-s only watches, where that is allowed",
    });
  const holder = writer === "" ? "somebody else" : neutralise(writer, 100);
  return new ConfedError("console_busy", `${holder} holds the keyboard`, {
    subject,
    hint: "-f takes it; -s only watches",
  });
}
