import { type Cancel, type Clock, ConfedError, formatDuration } from "@confed/kernel";
import { holds, type Verb, verbSet } from "@confed/trust";
import type { ConsoleTable } from "../console/console-table.ts";
import type { Mode } from "../viewers/seat.ts";
import type { Access, SessionGrant } from "./access.ts";

/** What is done to a viewer whose rights change. */
export interface Governed {
  readonly mode: Mode;
  notice(text: string): void;
  disarm(reason: string): void;
  end(error: ConfedError): void;
}

export interface SessionRightsDeps {
  readonly table: Pick<ConsoleTable, "find">;
  readonly access: Pick<Access, "watch">;
  readonly timers: Pick<Clock, "after">;
}

/** When a session that may not go on is warned and ended. */
const SESSION_LIMITS = {
  warnMs: 5 * 60_000,
  /** To read why, and to copy what is on the screen. Revocation is over within 10 s. */
  revokedGraceMs: 5_000,
  expiredGraceMs: 60_000,
} as const;

/**
 * Holds one session to what its grant allows while it lasts. Rights that end: the keyboard at once,
 * the view after a moment, each with its reason on the screen. Costs a look at the rules when the
 * policy changes, and nothing per key.
 */
export class SessionRights {
  readonly #grant: SessionGrant;
  readonly #console: string;
  readonly #viewer: Governed;
  readonly #deps: SessionRightsDeps;
  #expired = false;
  #cancelEnd: Cancel | undefined;
  #cancelLimit: Cancel = () => undefined;
  #stopWatching: () => void = () => undefined;

  constructor(grant: SessionGrant, console: string, viewer: Governed, deps: SessionRightsDeps) {
    this.#grant = grant;
    this.#console = console;
    this.#viewer = viewer;
    this.#deps = deps;
  }

  /** From now on, until {@link end}. */
  begin(): void {
    this.#stopWatching = this.#deps.access.watch(() => {
      this.#look();
    });
    this.#armLimit();
    // What changed while it was being let in.
    this.#look();
  }

  end(): void {
    this.#stopWatching();
    this.#cancelLimit();
    this.#cancelEnd?.();
  }

  /** Throws "permission_denied", naming what is missing. */
  need(verbs: readonly Verb[]): void {
    const missing = verbs.find((verb) => !this.may(verb));
    if (missing === undefined) return;
    throw new ConfedError("permission_denied", `your roles do not allow ${missing} on ${this.#console}`, {
      subject: this.#console,
    });
  }

  /** What it may do at this moment. */
  may(verb: Verb): boolean {
    if (this.#expired) return verb === "view" || verb === "log.read";
    const listed = this.#deps.table.find(this.#console);
    return listed !== undefined && holds(this.#grant.verbsOn(listed), verbSet([verb]));
  }

  #look(): void {
    // A console that is gone ends its viewers by itself, with that reason.
    if (this.#expired || this.#deps.table.find(this.#console) === undefined) return;
    const viewer = this.#viewer;
    const why = this.#grant.ended?.rawMessage ?? `your roles do not allow it any more`;
    if (!this.may("write")) viewer.disarm(why);
    if (this.may("view")) {
      if (this.#cancelEnd === undefined) return;
      this.#cancelEnd();
      this.#cancelEnd = undefined;
      viewer.notice("your access is back");
    } else if (this.#cancelEnd === undefined) {
      this.#endIn(SESSION_LIMITS.revokedGraceMs, new ConfedError("permission_denied", why));
    }
  }

  #endIn(graceMs: number, error: ConfedError): void {
    this.#viewer.notice(`${error.rawMessage}; this session ends in ${formatDuration(graceMs)}`);
    this.#cancelEnd = this.#deps.timers.after(graceMs, () => {
      this.#viewer.end(error);
    });
  }

  #armLimit(): void {
    const { leftMs } = this.#grant;
    if (leftMs === Number.POSITIVE_INFINITY) return;
    const { timers } = this.#deps;
    const expire = () => {
      this.#expired = true;
      this.#cancelEnd?.();
      const error = new ConfedError("permission_denied", "the time of this session is over", {
        hint: "attach again",
      });
      this.#viewer.disarm(error.rawMessage);
      this.#endIn(SESSION_LIMITS.expiredGraceMs, error);
    };
    const warnInMs = leftMs - SESSION_LIMITS.warnMs;
    if (warnInMs <= 0) this.#cancelLimit = timers.after(leftMs, expire);
    else {
      this.#cancelLimit = timers.after(warnInMs, () => {
        this.#viewer.notice(`this session ends in ${formatDuration(SESSION_LIMITS.warnMs)}`);
        this.#cancelLimit = timers.after(SESSION_LIMITS.warnMs, expire);
      });
    }
  }
}
