import { ConfedError, EXIT, formatDuration, neutralise } from "@confed/kernel";
import { generateSigningKey } from "@confed/trust";
import type { AttachResponseReceived, OpenedReceived } from "@confed/wire";
import { AttachStream } from "../attach/attach-stream.ts";
import { InputLedger } from "../attach/input-ledger.ts";
import { discardedInput } from "../attach/input-loss.ts";
import { LogWriter } from "../log/log-writer.ts";
import { gapText } from "../render/gap-text.ts";
import { causeText } from "../render/state-words.ts";
import { TextOut } from "../render/text-out.ts";
import { findRoute } from "../route/find-route.ts";
import type { RoutePolicy } from "../route/route-policy.ts";
import type { Targets } from "../route/targets.ts";
import { untilInterrupted } from "../route/with-peer.ts";
import type { World } from "../world.ts";
import { LineMatch } from "./line-match.ts";

export interface SendOptions {
  readonly targets: Targets;
  readonly policy: RoutePolicy;
  readonly console: string;
  readonly text: Uint8Array;
  /** Wait until a line fits, and show the output meanwhile. */
  readonly wait: string | undefined;
  /** For everything together. */
  readonly timeoutMs: number;
  readonly force: boolean;
}

/**
 * `rcons send`: type a text, wait until the console's link took it, and with `wait` until an answer
 * came. Rejects with "console_busy", "console_down" or "deadline_exceeded" when that is how it went;
 * nothing is typed twice.
 */
export async function runSend(world: World, options: SendOptions): Promise<number> {
  const { clock } = world;
  const { targets, policy, console } = options;
  const match = options.wait === undefined ? undefined : new LineMatch(options.wait);
  return untilInterrupted(world, async (signal) => {
    const key = generateSigningKey();
    const route = await findRoute({ console, targets, policy, clock, signal, clientKey: key.publicKey });
    const sending = new Sending(world, options, match);
    const cancel = clock.after(options.timeoutMs, () => {
      sending.timeOut();
    });
    const interrupt = () => {
      sending.fail(ConfedError.from(signal.reason, "canceled"));
    };
    signal.addEventListener("abort", interrupt, { once: true });
    const stream = new AttachStream({
      peer: route.peer,
      owner: route.owner,
      clock,
      open: {
        ...{ console, mode: "WRITE", force: options.force, subject: world.subject() },
        ...(route.ticket === undefined ? {} : { ticket: route.ticket }),
      },
      key,
      proveTo: route.owner,
      opened: (opened) => {
        sending.opened(opened, stream);
      },
      message: (message) => {
        sending.message(message, stream);
      },
      ended: (error) => {
        sending.fail(error);
      },
    });
    try {
      await sending.done;
      return EXIT.ok;
    } finally {
      cancel();
      signal.removeEventListener("abort", interrupt);
      sending.finish();
      await stream.close();
    }
  });
}

interface Settle {
  readonly resolve: () => void;
  readonly reject: (error: ConfedError) => void;
}

/** One text on its way. */
class Sending {
  readonly done: Promise<void>;
  readonly #options: SendOptions;
  readonly #match: LineMatch | undefined;
  readonly #writer: LogWriter;
  readonly #notes: TextOut;
  readonly #ledger = new InputLedger();
  readonly #settle: Settle;
  #sent = false;
  #matched = false;
  #down = "the agent has not answered";

  constructor(world: World, options: SendOptions, match: LineMatch | undefined) {
    this.#options = options;
    this.#match = match;
    this.#notes = new TextOut(world.stderr);
    this.#writer = new LogWriter({
      out: new TextOut(world.stdout),
      timestamps: false,
      harmless: world.stdout.isTTY === true,
      dim: (text) => text,
    });
    let settle: Settle = { resolve: () => undefined, reject: () => undefined };
    this.done = new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
    this.#settle = settle;
  }

  opened({ mode, writer, status }: OpenedReceived, stream: AttachStream): void {
    const { console } = this.#options;
    if (mode !== "WRITE") {
      this.fail(
        new ConfedError("console_busy", `${writer === "" ? "somebody else" : writer} holds the keyboard`, {
          subject: console,
          hint: "--force takes it",
        }),
      );
    } else if (status === null || status.state === "CONNECTED") this.#send(stream);
    else
      this.#down =
        status.cause === null || status.cause.code === ""
          ? status.state.toLowerCase()
          : causeText(status.cause);
  }

  message({ output, gap, event, inputAck, modeChanged }: AttachResponseReceived, stream: AttachStream): void {
    if (output) this.#output(output.data);
    else if (gap) this.#notes.line(gapText(gap));
    else if (inputAck) {
      this.#ledger.acknowledge(inputAck.offset);
      const loss = discardedInput(this.#options.console, inputAck);
      if (loss === undefined) this.#check();
      else this.fail(loss);
    } else if (event?.kind === "STATE") {
      if (event.state === "CONNECTED") this.#send(stream);
      else if (event.cause !== null) this.#down = causeText(event.cause);
    } else if (event?.kind === "NOTICE") {
      this.#notes.line(`rcons: ${this.#options.console}: ${neutralise(event.text, 300)}`);
    } else if (modeChanged?.mode === "VIEW" && !this.#sent) {
      this.fail(
        new ConfedError("console_busy", `${modeChanged.by} took the keyboard`, {
          subject: this.#options.console,
        }),
      );
    }
  }

  fail(error: ConfedError): void {
    this.#settle.reject(error);
  }

  timeOut(): void {
    const { console, timeoutMs, wait } = this.#options;
    const within = `within ${formatDuration(timeoutMs)}`;
    if (!this.#sent) {
      this.fail(
        new ConfedError("console_down", `no link ${within}: ${this.#down}; nothing was sent`, {
          subject: console,
        }),
      );
    } else if (this.#ledger.openBytes > 0) {
      this.fail(
        new ConfedError(
          "deadline_exceeded",
          `${this.#ledger.openBytes} bytes were not acknowledged ${within}`,
          { subject: console },
        ),
      );
    } else {
      this.fail(
        new ConfedError("deadline_exceeded", `no line fitted ${wait ?? ""} ${within}`, { subject: console }),
      );
    }
  }

  /** Show the rest of what came. */
  finish(): void {
    this.#writer.finish();
  }

  #send(stream: AttachStream): void {
    if (this.#sent) return;
    this.#sent = true;
    const { text } = this.#options;
    stream.send({ input: { offset: this.#ledger.send(text.length), data: text } });
    this.#check();
  }

  #output(data: Uint8Array): void {
    if (this.#match === undefined || this.#matched) return;
    this.#writer.write(data, 0);
    this.#matched = this.#match.push(data);
    this.#check();
  }

  #check(): void {
    const answered = this.#match === undefined || this.#matched;
    if (this.#sent && this.#ledger.openBytes === 0 && answered) this.#settle.resolve();
  }
}
