import type { ListedConsole } from "@confed/codecs";
import type { OfferedTask } from "./gateway-rules.ts";

/** Whose consoles a gateway shows: an agent's, or a whole federation's. Handed in by who assembles it. */
export interface ConsoleHost {
  /** What a name means to a user. Names are compared whole, in any case, aliases too; then as a beginning. */
  resolve(name: string, who: GatewayClient): Promise<ResolvedConsole>;
  /**
   * Attach. The sink is called from now on, until `release`. Rejects with a ConfedError if that is not possible.
   * The attachment is the caller's, who releases it.
   */
  attach(console: string, viewer: GatewayViewer, sink: AttachSink): Promise<Attachment>;
  /** Every console that the user may know of, with everybody who is attached, in the order of listings. */
  list(who: GatewayClient): Promise<readonly ListedConsole[]>;
  /** Words for everybody of these who is attached, wherever he came in. Never waits for who does not read. */
  tell(whom: Addressees, text: string, who: GatewayClient): Promise<void>;
  /** End their sessions; resolves with how many. Rejects with what is not allowed. */
  disconnect(whom: Addressees, who: GatewayClient): Promise<number>;
  /** `[port]@host` of each other gateway that has consoles of its own; empty where one answers for all. */
  masters(): readonly string[];
}

/** Who is meant of those who are attached; what is undefined is any. */
export interface Addressees {
  readonly user: string | undefined;
  readonly console: string | undefined;
}

/** What a name leads to. */
export type ResolvedConsole =
  | {
      readonly type: "here";
      readonly name: string;
      /** What roles leave of the file's lists. */
      readonly access: "write" | "view" | "none";
      /** False: nobody may log in; `motd` says why. */
      readonly login: boolean;
      readonly motd?: string | undefined;
      readonly breakKey: string;
      readonly breaks: ReadonlySet<string> | "all";
      /** What its users may start, by key. */
      readonly tasks: ReadonlyMap<string, OfferedTask>;
    }
  /** The client is to ask there: `[port]@host`. */
  | { readonly type: "elsewhere"; readonly where: string }
  | { readonly type: "ambiguous"; readonly choices: readonly string[] }
  | { readonly type: "unknown" };

/** Who asks. */
export interface GatewayClient {
  readonly user: string;
  /** `user@host`: what others see. */
  readonly acid: string;
  /** Where it comes from. */
  readonly address: string;
}

/** Who attaches. */
export interface GatewayViewer extends GatewayClient {
  readonly mayWrite: boolean;
}

/** What an attachment tells. */
export interface AttachSink {
  /** Borrowed: valid during the call. */
  output(bytes: Uint8Array): void;
  /** What the client has not read yet: who sends bulk keeps a bound. */
  readonly backlogBytes: number;
  /** Calls once when the client has read all of that, or is gone. */
  onDrained(then: () => void): void;
  /** Words for the client alone, without the brackets. */
  notice(text: string): void;
  /** The keyboard was taken away by somebody, or fell to this viewer. */
  modeChanged(mode: "write" | "view", by: string | undefined): void;
  /** No more output: the console is gone, or the viewer was let go. `why` is for the viewer, as it is. */
  ended(why: string): void;
}

/** One viewer of one console. */
export interface Attachment {
  readonly mode: "write" | "view";
  /** Roles may take away what the file gives. */
  readonly mayWrite: boolean;
  readonly state: "up" | "down" | "init";
  /**
   * Ask for the keyboard: now or when it is given away, only if nobody has it, or from whoever has it. `holder`: who
   * had it before, or keeps it.
   */
  take(
    how: "ask" | "if_free" | "force",
  ): Promise<{ readonly granted: boolean; readonly holder: string | undefined }>;
  /** Give the keyboard away, and do not want it back. */
  yield(): void;
  /** Bytes for the console, given away; only of the writer. Resolves when it takes more; undefined: it does. */
  input(bytes: Uint8Array): Promise<void> | undefined;
  /** The serial line's own break. */
  sendBreak(): Promise<void>;
  down(): Promise<void>;
  /** Close it if it is open, and open it. */
  reopen(): Promise<"up" | "down">;
  /** The last lines of its log. */
  tail(lines: number): Promise<Uint8Array>;
  note(text: string): void;
  release(): void;
}
