import type { LinkKind } from "./sent-record.ts";

/** The rack's end of one connection, whatever protocol carries it. */
export interface ConsoleLink {
  readonly kind: LinkKind;
  /** Send. The link KEEPS the bytes until they are sent: they must never be written to again. */
  write(bytes: Uint8Array): void;
  /** Bytes that this process still holds for the far end. */
  pendingBytes(): number;
  /** Stop and go on reading the far end; it is held back by its own flow control meanwhile. */
  pauseInput(): void;
  resumeInput(): void;
  /** Send what waits, then the end of file. `LinkEvents.closed` follows. */
  hangUp(): void;
  /** End at once; what waits is lost. `LinkEvents.closed` follows. */
  reset(): void;
}

/** What a listener tells the console about one link. */
export interface LinkEvents {
  /** Bytes are borrowed for the call. */
  input(bytes: Uint8Array): void;
  /** After `pendingBytes` had grown beyond the link's own buffer and is 0 again. */
  drained(): void;
  breakReceived(): void;
  /** The far end will send no more; nothing can be printed to it either. */
  inputEnded(): void;
  /** Exactly once, last. `failed`: an error or a reset ended it. */
  closed(failed: boolean): void;
}
