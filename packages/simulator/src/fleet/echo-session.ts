import { randomBytes } from "node:crypto";
import { ConfedError } from "@confed/kernel";
import { RefusedError } from "@confed/trust";
import {
  type AttachRequestReceived,
  type AttachResponse,
  type Call,
  type Duplex,
  type OpenReceived,
  toDetail,
  type Viewer,
  type ViewerMode,
} from "@confed/wire";
import type { DueQueue } from "../due-queue.ts";
import type { AgentConsoles, Watching } from "./agent-consoles.ts";
import type { AgentTickets, Claimed } from "./agent-tickets.ts";

type Stream = Duplex<AttachRequestReceived, AttachResponse>;

export interface EchoSessionDeps {
  readonly consoles: AgentConsoles;
  readonly queue: DueQueue;
  readonly version: string;
  readonly wallTimeMs: () => number;
  /** Undefined: no cluster, and everybody may. */
  readonly tickets: AgentTickets | undefined;
}

const HEARTBEAT_INTERVAL_MS = 2_000;
/** Of a viewer that types and does not read, no more is read either. */
const BACKLOG_BYTES_MAX = 256 * 1024;

/**
 * One viewer on one console that says back what is typed, to all who look at it. Nothing is logged:
 * whoever comes back from an earlier position is told of a gap. As many may write as come.
 */
export class EchoSession implements Watching {
  readonly #stream: Stream;
  readonly #call: Call;
  readonly #deps: EchoSessionDeps;
  readonly #sessionId = randomBytes(8).toString("hex");
  /** What was asked for, and by whom it is still to be proven. */
  #claimed: { readonly open: OpenReceived; readonly by: Claimed } | undefined;
  #index = -1;
  #subject = "";
  #mode: ViewerMode = "VIEW";
  #mayWrite = true;
  #sinceMs = 0;
  #inputOffset = 0;
  #leave: () => void = () => undefined;
  #spoke = true;

  /** Serves until the stream is over. */
  constructor(stream: Stream, call: Call, deps: EchoSessionDeps) {
    this.#stream = stream;
    this.#call = call;
    this.#deps = deps;
    stream.receive(
      (message) => {
        try {
          this.#receive(message);
        } catch (reason) {
          this.#refuse(reason);
        }
      },
      () => {
        this.#leave();
        stream.end();
      },
    );
  }

  viewer(): Viewer {
    return {
      sessionId: this.#sessionId,
      subject: this.#subject,
      mode: this.#mode,
      sinceMs: this.#sinceMs,
    };
  }

  show(offset: number, data: Buffer): void {
    this.#send({ output: { offset, endOffset: offset + data.length, data } });
  }

  #receive({ open, prove, window, input, setMode }: AttachRequestReceived): void {
    if (this.#index < 0) {
      if (prove && this.#claimed !== undefined) this.#prove(this.#claimed, prove.signature);
      else if (open && this.#claimed === undefined) this.#first(open);
      else if (!window)
        throw new ConfedError("invalid_argument", "the first message of an attach must be open");
    } else if (input) this.#echo(input.data);
    else if (setMode) {
      this.#mode = this.#granted(setMode.mode);
      this.#send({ modeChanged: { mode: this.#mode, by: this.#subject } });
    }
  }

  #first(open: OpenReceived): void {
    const { consoles, tickets, version } = this.#deps;
    const hello = { agent: consoles.agent, version };
    if (tickets === undefined) {
      this.#subject = open.subject;
      this.#send({ hello });
      this.#open(open);
      return;
    }
    const by = tickets.claim(open, this.#call);
    this.#claimed = { open, by };
    this.#send({ hello: { ...hello, nonce: by.nonce, proveId: by.proveId } });
  }

  #prove({ open, by }: { readonly open: OpenReceived; readonly by: Claimed }, signature: Uint8Array): void {
    const { subject, mayWrite } = by.prove(signature);
    this.#subject = subject;
    this.#mayWrite = mayWrite;
    this.#open(open);
  }

  #granted(wanted: ViewerMode): ViewerMode {
    return wanted === "WRITE" && this.#mayWrite ? "WRITE" : "VIEW";
  }

  /** Another try with a fresh ticket may succeed where only time was against this one. */
  #refuse(reason: unknown): void {
    const reattach = reason instanceof RefusedError && reason.mendable;
    this.#stream.send({ end: { error: toDetail(ConfedError.from(reason)), reattach } });
    this.#stream.end();
  }

  #open({ console, mode, from }: OpenReceived): void {
    const { consoles, wallTimeMs } = this.#deps;
    this.#index = consoles.indexOf(console);
    this.#mode = this.#granted(mode);
    this.#sinceMs = wallTimeMs();
    this.#leave = consoles.watch(this.#index, this);
    const end = consoles.endOf(this.#index);
    this.#send({
      opened: {
        sessionId: this.#sessionId,
        mode: this.#mode,
        status: consoles.status(this.#index),
        start: from ?? end,
        resumeToken: Buffer.from(this.#sessionId, "hex"),
      },
    });
    if (from && from.offset < end.offset) {
      const gap = {
        from: from.offset,
        to: end.offset,
        lengthKnown: true,
        reason: "ROTATED_AWAY",
      } as const;
      this.#send({ gap: { ...gap, logId: end.logId, wallTimeMs: wallTimeMs() } });
    }
    this.#beat();
  }

  #echo(data: Buffer): void {
    const { consoles } = this.#deps;
    this.#inputOffset += data.length;
    this.#send({ inputAck: { offset: this.#inputOffset } });
    if (this.#mode !== "WRITE") return;
    consoles.print(this.#index, data);
    if (this.#stream.backlogBytes <= BACKLOG_BYTES_MAX) return;
    this.#stream.pause();
    void this.#stream.drained().then(() => {
      this.#stream.resume();
    });
  }

  #send(message: AttachResponse): void {
    this.#spoke = true;
    this.#stream.send(message);
  }

  #beat(): void {
    this.#deps.queue.after(HEARTBEAT_INTERVAL_MS, () => {
      if (this.#stream.signal.aborted) return;
      if (!this.#spoke) this.#stream.send({ heartbeat: { wallTimeMs: this.#deps.wallTimeMs() } });
      this.#spoke = false;
      this.#beat();
    });
  }
}
