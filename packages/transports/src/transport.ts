import type { ConfedError } from "@confed/kernel";

/** Why a link ended. */
export type CloseReason =
  /** We closed it. */
  | { readonly by: "local" }
  /** The far end closed it in an orderly way: FIN, exit status 0, channel EOF. */
  | { readonly by: "remote" }
  /** It broke; `error` says how, in words for an operator. */
  | { readonly by: "failure"; readonly error: ConfedError };

/**
 * Where a link puts what the console prints. Given at `open`, so that not one byte can arrive
 * before somebody listens.
 */
export interface LinkSink {
  /**
   * Bytes as the console sent them, in order, with the transport's own protocol taken off.
   * BORROWED: valid during the call only; whoever needs them later copies them (law 8).
   */
  onData(bytes: Uint8Array): void;
  /**
   * Called exactly once, after the last `onData`, also when a paused link dies: what had arrived
   * before the end is delivered first. Never called for an `open` that rejected.
   */
  onClosed(reason: CloseReason): void;
  /**
   * Output is missing here, as the transport knows: before the next `onData` there was more. In words.
   */
  onLost?(why: string): void;
  /** What a person at the console should know, told once. In words. */
  onNotice?(text: string): void;
}

/** What a caller of `open` gives. */
export interface OpenOptions {
  /** Aborting makes `open` reject with "canceled"; after `open` resolved it has no effect. */
  readonly signal: AbortSignal;
  readonly sink: LinkSink;
  /**
   * A person wants it now: credentials that were refused are tried once more. Kinds that know no such thing
   * ignore it, and `force`.
   */
  readonly asked?: boolean;
  /** As `asked`, and a console that another program holds is taken from it. */
  readonly force?: boolean;
}

/**
 * A way to reach one console. One instance serves one console for its whole life; `open` is
 * called once per connection attempt, never twice at a time, and holds no state between calls but what
 * it learnt of the far end.
 */
export interface Transport {
  readonly kind: TransportKind;
  /**
   * Connect and log in. Resolves when bytes can flow. Rejects with a ConfedError whose code and
   * message say to an operator why ("auth_failed", "connection_refused", "host_key_changed", ...);
   * no socket, child process, timer or descriptor is left behind then. Has a deadline of its own
   * (`CONNECT_TIMEOUT_MS` unless configured): it never waits for ever.
   */
  open(options: OpenOptions): Promise<Link>;
  /**
   * Go on with a link that a transport like this one opened in another process. It is paused:
   * nothing is delivered before `resume` (or `readNow`). Throws "invalid_argument" if the descriptor
   * or the snapshot is none; the descriptor is the caller's then.
   *
   * Only kinds whose links are no more than a descriptor and what we know of it have this.
   */
  adopt?(options: AdoptOptions): PortableLink;
}

/** What a caller of `adopt` gives. */
export interface AdoptOptions {
  /** A duplicate of what `PortableLink.descriptor` was there. Owned by the link from now on. */
  readonly fd: number | ReceivedDescriptor;
  /** What `PortableLink.snapshot` gave there, perhaps by way of JSON. */
  readonly snapshot: unknown;
  readonly sink: LinkSink;
}

/** A descriptor made ready for `adopt` ahead of it (`receiveDescriptor`): little is left to do then. */
export interface ReceivedDescriptor {
  /** Close it instead; ends nothing for the far end while another process holds it. */
  discard(): void;
}

/** The names of the ways; the words of configuration, logs and metrics. */
export const TRANSPORT_KINDS = ["tcp", "telnet", "unix", "exec", "ssh", "serial", "ipmi", "memory"] as const;
export type TransportKind = (typeof TRANSPORT_KINDS)[number];

/** One live connection. Bytes only: no decoding, no line splitting, no echo. */
export interface Link {
  /**
   * False for links that must be read at once (exec: see exec/). `pause` on these does nothing.
   */
  readonly pausable: boolean;
  /**
   * Send to the console. The bytes are copied or sent before this returns; the caller keeps them.
   * Returns how many bytes wait to be sent, the bytes given now included; after `close` or the
   * end it takes nothing and returns 0. Above `LINK_LIMITS.writeBacklogBytesMax` the bytes are
   * refused: -1, nothing taken.
   */
  write(bytes: Uint8Array): number;
  /** Resolves when nothing waits to be sent, or when the link has closed. Never rejects. */
  drained(): Promise<void>;
  /**
   * Stop reading: no `onData` until `resume`, and the far end is held back by its own flow
   * control. At most one read (64 KiB) that was under way may still be delivered.
   */
  pause(): void;
  resume(): void;
  /**
   * Read once, at once, what has arrived at a paused link, and deliver it; the link stays paused.
   * Returns how many bytes there were; 0: none are there, or the end is, which `resume` finds. One system call and no poll: for links that are read by the clock. Links that
   * cannot do that have no such method.
   */
  readNow?(): number;
  /**
   * A break condition of about `durationMs`. Resolves when it was sent; rejects with
   * "failed_precondition" where the transport has none, saying so.
   */
  sendBreak(durationMs: number): Promise<void>;
  /**
   * What an administrator may want to know of it now, in a few words; "" for nothing. Links that count nothing
   * have no such method.
   */
  describe?(): string;
  /** The viewer's window, for transports that can tell the far end (telnet NAWS, pty, ssh). */
  resize(columns: number, rows: number): void;
  /** Idempotent, never rejects. Resolves after `onClosed` was called and everything is released. */
  close(): Promise<void>;
}

/**
 * A link that another process can go on with, given a duplicate of its descriptor.
 *
 * Whoever hands it over calls `pause` and lets one turn of the event loop pass: nothing is read
 * here any more. Then it waits for `settled`, takes `snapshot`, and from there on neither writes nor
 * asks for a break, until the other has the link and it is closed here, or until `resume`, if
 * nothing came of it. As long as another process holds the descriptor, `close` ends nothing for
 * the far end, whatever is unread.
 */
export interface PortableLink extends Link {
  /** Undefined once the link has ended. */
  readonly descriptor: number | undefined;
  /**
   * Resolves when nothing is under way that only this process could bring to its end: input that is
   * unsent or held for a negotiation, a break; or when the link has closed. Never rejects.
   */
  settled(): Promise<void>;
  /** What the other process must know, plain data; undefined while something is under way, and after the end. */
  snapshot(): object | undefined;
}

/** Bounds of every link, with their reasons. */
export const LINK_LIMITS = {
  /** Unsent input at which `write` refuses: far above any paste, far below trouble. */
  writeBacklogBytesMax: 1024 * 1024,
  /** One read. Also the most that can still arrive after `pause`. */
  readBytesMax: 64 * 1024,
} as const;

/** How long connecting and logging in may take, unless a console says otherwise. */
export const CONNECT_TIMEOUT_MS = 20_000;
