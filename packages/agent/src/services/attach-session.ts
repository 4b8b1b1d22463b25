import { randomBytes } from "node:crypto";
import { type Cancel, ConfedError } from "@confed/kernel";
import { holds, RefusedError, verbSet } from "@confed/trust";
import {
  type AttachRequestReceived,
  type AttachResponse,
  type Call,
  type Duplex,
  type OpenReceived,
  toDetail,
} from "@confed/wire";
import type { Access, SessionGrant } from "../access/access.ts";
import type { Console } from "../console/console.ts";
import { type Listed, unknownConsole } from "../console/console-table.ts";
import { removedError } from "../console/removed-error.ts";
import { VIEWER_LIMITS } from "../viewers/viewer-limits.ts";
import { AttachedViewer, type ViewerDeps } from "./attached-viewer.ts";
import { startOf } from "./start-of.ts";

export interface AttachDeps extends ViewerDeps {
  readonly agent: string;
  readonly version: string;
  readonly access: Access;
}

type Stream = Duplex<AttachRequestReceived, AttachResponse>;

/**
 * One attach stream from its first message on: `Open` names the console and is looked at here;
 * once admitted, an {@link AttachedViewer} has the stream.
 */
export class AttachSession {
  readonly #stream: Stream;
  readonly #call: Call;
  readonly #deps: AttachDeps;
  #opening = false;
  /** Takes the proof that was asked for. */
  #prove: ((signature: Uint8Array) => void) | undefined;
  #subject: string | undefined;
  #viewer: AttachedViewer | undefined;
  #cancelTimer: Cancel = () => undefined;

  constructor(stream: Stream, call: Call, deps: AttachDeps) {
    this.#stream = stream;
    this.#call = call;
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
    if (message.prove && this.#prove !== undefined) {
      this.#prove(message.prove.signature);
      return;
    }
    if (!message.open || this.#opening) {
      this.#refuse(
        new ConfedError("invalid_argument", "an attach begins with one Open", { where: this.#stream.peer }),
      );
      return;
    }
    this.#opening = true;
    const { console, subject } = message.open;
    this.#open(message.open).catch((reason: unknown) => {
      const error = ConfedError.from(reason);
      // Until it is proven, it is only what somebody says.
      const who = this.#subject === undefined ? { details: { claims: subject } } : { subject: this.#subject };
      this.#deps.audit.event({
        event: "attach.refused",
        ...{ ...who, console, peer: this.#stream.peer, text: error.message },
      });
      this.#refuse(error, { reattach: reason instanceof RefusedError && reason.mendable });
    });
  }

  // Everything that can be wrong with an Open, in the order in which it is looked at: first who asks.
  async #open(open: OpenReceived): Promise<void> {
    const grant = await this.#admit(open);
    this.#subject = grant.subject;
    const listed = this.#deps.table.get(open.console);
    // Never said to somebody who may not see it: that it is there.
    if (!holds(grant.verbsOn(listed), VIEW)) throw unknownConsole(open.console, this.#deps.agent);
    const { console } = listed;
    await console.output.numbered;
    refuseUnlogged(console);
    const begin = { ...this.#deps, signal: this.#stream.signal };
    const start = await startOf(showable(open, grant, listed), console, begin);
    const viewer = new AttachedViewer(this.#stream, listed, this.#deps, grant);
    const may = grant.verbsOn(listed);
    const readOnly = open.mode === "WRITE" && !holds(may, WRITE);
    const wanted = open.mode === "WRITE" && !readOnly ? "WRITE" : "VIEW";
    const force = open.force && holds(may, FORCE);
    const mayBreakGlass = holds(may, ADMIN);
    await this.#deps.audit.attach(viewer, listed, { wanted, force, mayBreakGlass });
    if (this.#stream.signal.aborted) return;
    if (console.removed) throw removedError(console.name);
    supersede(listed, grant);
    const { writer } = console.viewers;
    console.viewers.add(viewer, wanted, force);
    if (force && viewer.mode === "WRITE") {
      viewer.auditMode(writer, true);
      viewer.takeFromOthers();
    }
    this.#cancelTimer();
    this.#viewer = viewer;
    viewer.begin(start, open.window, readOnly ? `your roles do not let you write to ${console.name}` : "");
  }

  // Greets the client; resolves when it is known to be who it says.
  async #admit(open: OpenReceived): Promise<SessionGrant> {
    const { agent, version, access } = this.#deps;
    const nonce = randomBytes(16);
    const hello = { agent, version, nonce };
    const admission = access.admit(this.#call, open, nonce);
    if (admission.is === "granted") {
      this.#stream.send({ hello });
      return admission.grant;
    }
    const signature = new Promise<Uint8Array>((resolve) => {
      this.#prove = resolve;
    });
    this.#stream.send({ hello: { ...hello, proveId: admission.id } });
    // Whoever never answers is refused by the timer, and this is forgotten with its stream.
    return admission.prove(await signature);
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

const VIEW = verbSet(["view"]);
const WRITE = verbSet(["write"]);
const FORCE = verbSet(["force"]);
const ADMIN = verbSet(["admin"]);
const LOG_READ = verbSet(["log.read"]);

/** What was printed before is for who may read logs, and for who comes back to what it has seen. */
function showable(open: OpenReceived, grant: SessionGrant, listed: Listed): OpenReceived {
  if (grant.supersedes !== undefined || holds(grant.verbsOn(listed), LOG_READ)) return open;
  return { ...open, start: "replayLines", replayLines: 0, from: null };
}

/** The same client comes back while its old session still seems to live: the old one ends. */
function supersede({ console }: Listed, { supersedes }: SessionGrant): void {
  if (supersedes === undefined) return;
  console.viewers.find(supersedes)?.end(new ConfedError("conflict", "this session goes on elsewhere"));
}
