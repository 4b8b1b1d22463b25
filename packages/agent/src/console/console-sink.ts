import type { CloseReason, Link, LinkSink } from "@confed/transports";

/** How a link ended that we did not close. */
export type LinkEnd = Exclude<CloseReason, { readonly by: "local" }>;

/** Who hears of a link. */
export interface LinkListener {
  onLinkData(bytes: Uint8Array): void;
  onLinkLost(link: Link, reason: LinkEnd): void;
  /** What people should know goes to those who watch, and into the log's index. */
  readonly viewers: { notice(text: string): void };
  note(event: { readonly what: string; readonly text: string }): void;
}

/**
 * What a console hears of one link, from its dial on. An object of three fields and no closure: it
 * lives as long as the link does, ten thousand times, and must not keep alive what only the dial needed.
 */
export class ConsoleSink implements LinkSink {
  readonly #console: LinkListener;
  /** Set when the dial has succeeded. */
  link: Link | undefined;
  /** The link ended before its dial was answered. */
  closedEarly: LinkEnd | undefined;

  constructor(console: LinkListener) {
    this.#console = console;
  }

  onData(bytes: Uint8Array): void {
    this.#console.onLinkData(bytes);
  }

  onLost(why: string): void {
    const text = `output was lost before it came here: ${why}`;
    this.#console.viewers.notice(text);
    this.#console.note({ what: "lost", text });
  }

  onNotice(text: string): void {
    this.#console.viewers.notice(text);
    this.#console.note({ what: "link", text });
  }

  onClosed(reason: CloseReason): void {
    if (reason.by === "local") return;
    if (this.link === undefined) this.closedEarly = reason;
    else this.#console.onLinkLost(this.link, reason);
  }
}
