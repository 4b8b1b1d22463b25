import { randomBytes } from "node:crypto";
import { ConfedError } from "@confed/kernel";
import type {
  AttachRequestReceived,
  AttachResponse,
  Duplex,
  OpenReceived,
  Viewer,
  ViewerMode,
} from "@confed/wire";
import type { DueQueue } from "../due-queue.ts";
import type { AgentConsoles, Watching } from "./agent-consoles.ts";

type Stream = Duplex<AttachRequestReceived, AttachResponse>;

export interface EchoSessionDeps {
  readonly consoles: AgentConsoles;
  readonly queue: DueQueue;
  readonly version: string;
  readonly wallTimeMs: () => number;
}

const HEARTBEAT_INTERVAL_MS = 2_000;
/** Of a viewer that types and does not read, no more is read either. */
const BACKLOG_BYTES_MAX = 256 * 1024;

/**
 * One viewer on one console that says back what is typed, to all who look at it. Nothing is logged:
 * whoever comes back from an earlier position is told of a gap. Everybody may write.
 */
export class EchoSession implements Watching {
  readonly #stream: Stream;
  readonly #deps: EchoSessionDeps;
  readonly #sessionId = randomBytes(8).toString("hex");
  #index = -1;
  #subject = "";
  #mode: ViewerMode = "VIEW";
  #sinceMs = 0;
  #inputOffset = 0;
  #leave: () => void = () => undefined;
  #spoke = true;

  /** Serves until the stream is over. */
  constructor(stream: Stream, deps: EchoSessionDeps) {
    this.#stream = stream;
    this.#deps = deps;
    stream.receive(
      (message) => {
        this.#receive(message);
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

  #receive({ open, input, setMode }: AttachRequestReceived): void {
    if (this.#index < 0) {
      if (!open) throw new ConfedError("invalid_argument", "the first message of an attach must be open");
      this.#open(open);
    } else if (input) this.#echo(input.data);
    else if (setMode) {
      this.#mode = setMode.mode === "WRITE" ? "WRITE" : "VIEW";
      this.#send({ modeChanged: { mode: this.#mode, by: this.#subject } });
    }
  }

  #open({ console, mode, subject, from }: OpenReceived): void {
    const { consoles, version, wallTimeMs } = this.#deps;
    this.#index = consoles.indexOf(console);
    this.#subject = subject;
    this.#mode = mode === "WRITE" ? "WRITE" : "VIEW";
    this.#sinceMs = wallTimeMs();
    this.#leave = consoles.watch(this.#index, this);
    this.#send({ hello: { agent: consoles.agent, version } });
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
