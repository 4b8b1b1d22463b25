import { randomBytes, timingSafeEqual } from "node:crypto";
import { type Cancel, ConfedError, neutralise } from "@confed/kernel";
import {
  type AttachRequestReceived,
  type AttachResponse,
  type Duplex,
  type OpenReceived,
  toDetail,
} from "@confed/wire";
import type { Console } from "../console/console.ts";
import type { Listed } from "../console/console-table.ts";
import { removedError } from "../console/removed-error.ts";
import { VIEWER_LIMITS } from "../viewers/viewer-limits.ts";
import { AttachedViewer, type ViewerDeps } from "./attached-viewer.ts";
import { startOf } from "./start-of.ts";

export interface AttachDeps extends ViewerDeps {
  readonly agent: string;
  readonly version: string;
}

type Stream = Duplex<AttachRequestReceived, AttachResponse>;

/**
 * One attach stream from its first message on: `Open` names the console and is looked at here;
 * once admitted, an {@link AttachedViewer} has the stream.
 */
export class AttachSession {
  readonly #stream: Stream;
  readonly #deps: AttachDeps;
  #opening = false;
  #viewer: AttachedViewer | undefined;
  #cancelTimer: Cancel = () => undefined;

  constructor(stream: Stream, deps: AttachDeps) {
    this.#stream = stream;
    this.#deps = deps;
  }

  /** Listen to the client, which speaks first. */
  start(): void {
    this.#cancelTimer = this.#deps.timers.after(VIEWER_LIMITS.openTimeoutMs, () => {
      this.#refuse(new ConfedError("deadline_exceeded", "nothing was opened in time"), { reattach: true });
    });
    this.#stream.receive(
      (message) => {
        if (this.#viewer !== undefined) this.#viewer.take(message);
        else this.#first(message);
      },
      () => {
        this.#cancelTimer();
        this.#viewer?.leave();
        this.#stream.end();
      },
    );
  }

  #first(message: AttachRequestReceived): void {
    // A terminal may change its size while its console is being opened; that alone does no harm.
    if (message.window) return;
    if (!message.open || this.#opening) {
      this.#refuse(
        new ConfedError("invalid_argument", "an attach begins with one Open", { where: this.#stream.peer }),
      );
      return;
    }
    this.#opening = true;
    this.#open(message.open).catch((reason: unknown) => {
      this.#refuse(ConfedError.from(reason));
    });
  }

  // Everything that can be wrong with an Open, in the order in which it is looked at.
  async #open(open: OpenReceived): Promise<void> {
    const { agent, version, table } = this.#deps;
    this.#stream.send({ hello: { agent, version, nonce: randomBytes(16) } });
    const listed = table.get(open.console);
    const { console } = listed;
    await console.numbered;
    refuseUnlogged(console);
    const start = await startOf(open, console, { ...this.#deps, signal: this.#stream.signal });
    if (this.#stream.signal.aborted) return;
    if (console.removed) throw removedError(console.name);
    supersede(listed, open);
    const viewer = new AttachedViewer(
      this.#stream,
      listed,
      this.#deps,
      neutralise(open.subject, 128) || "somebody",
    );
    console.viewers.add(viewer, open.mode === "WRITE" ? "WRITE" : "VIEW", open.force);
    this.#cancelTimer();
    this.#viewer = viewer;
    viewer.begin(start, open.window);
  }

  #refuse(error: ConfedError, { reattach = false } = {}): void {
    this.#cancelTimer();
    if (this.#viewer !== undefined) {
      this.#viewer.end(error, { reattach });
      return;
    }
    this.#stream.send({ end: { error: toDetail(error), reattach } });
    this.#stream.end();
  }
}

/** A console of which every byte must be logged takes nobody while its log cannot be written. */
function refuseUnlogged({ name, logMode, output: { trouble: logTrouble } }: Console): void {
  if (!logMode.strict || logTrouble === undefined) return;
  throw new ConfedError(
    "failed_precondition",
    `the log of ${name} cannot be written: ${logTrouble.rawMessage}`,
    {
      subject: name,
      hint: "its log is strict; attach again when it is written, which needs no restart",
    },
  );
}

/** The same client comes back while its old session still seems to live: the old one ends. */
function supersede({ console }: Listed, { supersedesSessionId, resumeToken }: OpenReceived): void {
  if (supersedesSessionId === "") return;
  // The session's id is seen by all; its token only by the client that opened it.
  const ghost = console.viewers.find(supersedesSessionId);
  if (ghost === undefined || ghost.resumeToken.byteLength !== resumeToken.byteLength) return;
  if (timingSafeEqual(ghost.resumeToken, resumeToken))
    ghost.end(new ConfedError("conflict", "this session goes on elsewhere"));
}
