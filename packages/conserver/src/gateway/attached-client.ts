import {
  controlName,
  type EscapeAction,
  type EscapeContext,
  type EscapeEffect,
  type EscapeState,
  escapeHelp,
  escapeStep,
  QUOTED,
  type QuotedEvent,
  quoteBytes,
  quotedCommand,
} from "@confed/codecs";
import { unreachable } from "@confed/kernel";
import { breakSteps } from "../file/break-sequence.ts";
import { breakList, escapeListing, mayBreak } from "./attached-listings.ts";
import { taskAnswer } from "./attached-tasks.ts";
import type { Attachment, AttachSink, GatewayClient, ResolvedConsole } from "./console-host.ts";
import type { PeerSession, SessionOptions } from "./gateway-options.ts";
import { NUMERIC_VERSION, VERSION_TEXT } from "./version-text.ts";

/** What one attached client works with. */
export interface AttachedOptions extends SessionOptions {
  readonly session: PeerSession;
  readonly user: string;
  /** Quoted bytes for the client. */
  readonly send: (bytes: Uint8Array) => void;
  /** Of these, what the client has not taken. */
  readonly backlogBytes: () => number;
  readonly onDrained: (then: () => void) => void;
}

type Here = Extract<ResolvedConsole, { type: "here" }>;

const PASS: EscapeState = { phase: "pass" };

/** What whoever is attached reads when its console is configured no more, or elsewhere. */
export const MOVED = "[-- Conserver reconfigured - console has been (re)moved --]\r\n";

/** A client on a console: conserver's byte phase. Output stays off until the client's first `^Ec;`. */
export class AttachedClient {
  readonly console: string;
  readonly #options: AttachedOptions;
  #resolved: Here;
  #attachment: Attachment | undefined;
  #escape = { first: 0x05, second: 0x63 };
  #state: EscapeState = PASS;
  #started = false;
  /** True while a command at the client has the keyboard, or is about to. */
  #localCommand = false;
  #playbackLines = 60;
  #replayLines = 20;

  constructor(resolved: Here, options: AttachedOptions) {
    this.console = resolved.name;
    this.#resolved = resolved;
    this.#options = options;
  }

  /** Begin. Rejects as the host's `attach` does. */
  async attach(): Promise<void> {
    const { name, access } = this.#resolved;
    const viewer = { ...this.#who, mayWrite: access === "write" };
    this.#attachment = await this.#options.host.attach(name, viewer, this.#sink());
  }

  /** Rules have changed: who may not write any more does not, and who may not look goes. */
  async recheck(): Promise<void> {
    const { session, host } = this.#options;
    const now = await host.resolve(this.console, this.#who);
    if (this.#attachment === undefined) return;
    const before = this.#resolved.access;
    if (now.type !== "here" || now.name !== this.console) session.end(MOVED);
    else if (now.access === "none") session.end("[Conserver reconfigured - access denied]\r\n");
    else {
      this.#resolved = now;
      if (now.access === before) return;
      if (now.access === "view") this.#attachment.yield();
      this.#say(`[Conserver reconfigured - r/w access ${now.access === "view" ? "removed" : "granted"}]\r\n`);
    }
  }

  get #who(): GatewayClient {
    const { session, user, address } = this.#options;
    return { user, acid: session.acid, address };
  }

  get #mayWrite(): boolean {
    return this.#resolved.access === "write" && this.#attachment?.mayWrite === true;
  }

  /** What the call is answered with; the client compares it whole. */
  get greeting(): string {
    return this.#writes ? "[attached]\r\n" : "[spy]\r\n";
  }

  /** What came from the client, in order. Costs a native search for each read that has no escape in it. */
  async take(event: QuotedEvent): Promise<void> {
    if (event.type === "command") {
      this.#takeCommand(event.command);
      return;
    }
    const { bytes } = event;
    for (let at = 0; at < bytes.length; ) {
      const quiet = this.#state.phase === "pass" ? bytes.indexOf(this.#escape.first, at) : at;
      const end = quiet < 0 ? bytes.length : quiet;
      if (end > at) await this.#input(bytes.slice(at, end));
      at = end;
      const byte = bytes[at];
      if (byte === undefined) break;
      at += 1;
      await this.#step(byte);
    }
  }

  release(): void {
    this.#attachment?.release();
    this.#attachment = undefined;
  }

  get #writes(): boolean {
    return this.#attachment?.mode === "write";
  }

  #sink(): AttachSink {
    const { backlogBytes, onDrained } = this.#options;
    return {
      get backlogBytes() {
        return backlogBytes();
      },
      onDrained,
      notice: (text) => {
        if (this.#started) this.#say(`[${text}]\r\n`);
      },
      output: (bytes) => {
        if (this.#started && this.#state.phase !== "suspended") this.#options.send(quoteBytes(bytes));
      },
      modeChanged: (mode, by) => {
        if (mode === "write") this.#say("\r\n[attached]\r\n");
        else {
          if (this.#localCommand) this.#options.send(quotedCommand(QUOTED.abort));
          this.#say(`\r\n[forced to \`spy' mode by ${by ?? "the console server"}]\r\n`);
        }
      },
      ended: (why) => {
        this.#options.session.end(why);
      },
    };
  }

  async #step(byte: number): Promise<void> {
    if (this.#state.phase === "suspended") {
      this.#state = PASS;
      await this.#comeBack();
      return;
    }
    const { state, effects } = escapeStep(this.#state, byte, this.#context());
    this.#state = state;
    for (const effect of effects) await this.#perform(effect);
  }

  #context(): EscapeContext {
    const { breaks, access, user } = this.#options;
    const { breakKey } = this.#resolved;
    return {
      ...this.#escape,
      writes: this.#writes,
      limited: access.isLimited(user),
      started: this.#started,
      playbackLines: this.#playbackLines,
      replayLines: this.#replayLines,
      confirms: (of, key) => {
        if (of === "task") return this.#resolved.tasks.get(key)?.confirm;
        const wanted = key === "0" ? breakKey : key;
        return mayBreak(this.#resolved, wanted) ? breaks().get(wanted)?.confirm : undefined;
      },
    };
  }

  async #perform(effect: EscapeEffect): Promise<void> {
    switch (effect.type) {
      case "say":
        this.#say(effect.text);
        return;
      case "input":
        return this.#input(Uint8Array.from(effect.bytes));
      case "do":
        this.#say(await this.#answerTo(effect.action));
        return;
      case "break":
        return this.#break(effect.key);
      case "task":
        this.#tasks(effect.key);
        return;
      case "list":
        if (effect.of === "task") this.#tasks("?");
        else this.#say(`list]\r\n${breakList(this.#resolved, this.#options.breaks())}`);
        return;
      case "send":
        if (effect.of === "note") this.#attachment?.note(effect.text);
        else this.#tell(`[${this.#options.session.acid}: ${effect.text}]\r\n`, true);
        return;
      case "set_lines":
        this.#setLines(effect.of, effect.count);
        return;
      case "redefine":
        this.#escape = { first: effect.first, second: effect.second };
    }
  }

  /** Do it; the text that is said of it, after the `[`. */
  async #answerTo(action: EscapeAction): Promise<string> {
    const { session, user, host, access } = this.#options;
    const attachment = this.#attachment;
    if (attachment === undefined) return "";
    switch (action) {
      case "disconnect":
        session.end("disconnect]\r\n");
        return "";
      case "go":
        if (this.#started) return this.#putAside(QUOTED.goto);
        this.#started = true;
        return "connected]\r\n";
      case "suspend":
        return this.#putAside(QUOTED.suspend);
      case "attach":
        return this.#take("ask");
      case "force":
        return this.#take("force");
      case "spy":
        attachment.yield();
        return "spying]\r\n";
      case "down":
        if (attachment.state === "down") return "ok]\r\n";
        await attachment.down();
        this.#tell(`[line down by ${session.acid}]\r\n`);
        return "line down]\r\n";
      case "reopen":
        return this.#writes ? `${await attachment.reopen()}]\r\n` : "attach to reopen]\r\n";
      case "flow_control":
        // A pty's flow control is its program's.
        return "ok]\r\n";
      case "logging":
        // Never switched off by who types: and nobody is told so.
        return "logging on]\r\n";
      case "state":
        return attachment.state === "up" ? "up]\r\n" : `\`${this.console}' -- console is down]\r\n`;
      case "numeric_version":
        return `${NUMERIC_VERSION}]\r\n`;
      case "version":
        return `${VERSION_TEXT}]\r\n`;
      case "motd":
        return `-- MOTD --${this.#resolved.motd === undefined ? "" : ` ${this.#resolved.motd}`}]\r\n`;
      case "help":
        return escapeHelp({ writes: this.#writes, limited: access.isLimited(user) });
      case "playback":
        return this.#tail("playback", this.#playbackLines);
      case "replay":
        return this.#tail("replay", this.#replayLines);
      case "last_line":
        return this.#tail("^R", 1);
      case "local_command":
        this.#localCommand = true;
        this.#options.send(quotedCommand(QUOTED.exec));
        return "";
      case "hosts":
      case "group":
      case "who":
      case "examine":
      case "info":
        return escapeListing(action, await host.list(this.#who), {
          ...{ acid: session.acid, port: session.port },
          console: this.console,
        });
      default:
        return unreachable(action);
    }
  }

  async #take(how: "ask" | "force"): Promise<string> {
    if (!this.#mayWrite) return "read-only]\r\n";
    if (this.#writes) return "ok]\r\n";
    const { granted, holder } = (await this.#attachment?.take(how)) ?? { granted: false, holder: undefined };
    if (!granted) return `no, ${holder ?? "somebody"} is attached]\r\n`;
    return holder === undefined ? "attached]\r\n" : `bumped ${holder}]\r\n`;
  }

  async #break(key: string): Promise<void> {
    const { breaks, clock, session } = this.#options;
    const definition = breaks().get(key === "0" ? this.#resolved.breakKey : key);
    if (definition === undefined || !this.#writes) {
      this.#say("aborted]\r\n");
      return;
    }
    this.#say("sent]\r\n");
    this.#tell(`[break sent by ${session.acid}]\r\n`);
    for (const step of breakSteps(definition.string)) {
      const attachment = this.#attachment;
      if (attachment?.state !== "up") return;
      if (step.type === "send") await attachment.input(step.bytes);
      else if (step.type === "serial_break") await attachment.sendBreak();
      else await new Promise<void>((resolve) => clock.after(definition.delayMs, resolve));
    }
  }

  #tasks(key: string): void {
    const { tasks, session, user, address, onEvent } = this.#options;
    const said = taskAnswer(key, {
      ...{ console: this.#resolved, running: tasks, writes: this.#writes, escape: this.#escape },
      tellAll: (text) => {
        this.#tell(text, true);
      },
    });
    this.#say(said.text);
    if (said.started === undefined) return;
    onEvent?.({ what: "task", user, address, console: this.console, text: said.started });
    this.#tell(`[task \`${said.started}' started by ${session.acid}]\r\n`);
  }

  /** The client asks for another console, or goes to its shell: it lets go of the keyboard meanwhile. */
  #putAside(command: typeof QUOTED.goto | typeof QUOTED.suspend): string {
    this.#options.send(quotedCommand(command));
    this.#attachment?.yield();
    this.#state = { phase: "suspended" };
    return "";
  }

  async #comeBack(): Promise<void> {
    const took = this.#mayWrite ? await this.#attachment?.take("if_free") : undefined;
    if (this.#attachment?.state !== "up") this.#say(" -- line down]\r\n");
    else this.#say(took?.granted === true ? " -- attached]\r\n" : " -- spy mode]\r\n");
  }

  #takeCommand(command: number): void {
    if (!this.#localCommand) return;
    if (command === QUOTED.exec) {
      this.#state = { phase: "local_command" };
      this.#say(this.#writes ? "[rw]\r\n" : "[ro]\r\n");
    } else if (command === QUOTED.abort) {
      this.#localCommand = false;
      if (this.#state.phase === "local_command") this.#state = PASS;
    }
  }

  /** What nobody may write is dropped; who presses return is told why. */
  async #input(bytes: Uint8Array): Promise<void> {
    const { state } = this.#attachment ?? {};
    if (this.#writes && state === "up") {
      await this.#attachment?.input(bytes);
      return;
    }
    const why = !this.#writes ? "read-only" : state === "init" ? "initializing" : "down";
    const { first, second } = this.#escape;
    for (const byte of bytes) {
      if (byte === 13 || byte === 10)
        this.#say(`[${why} -- use ${controlName(first)} ${controlName(second)} ? for help]\r\n`);
    }
  }

  #setLines(of: "playback" | "replay", count: number | undefined): void {
    const before = of === "playback" ? this.#playbackLines : this.#replayLines;
    if (of === "playback") this.#playbackLines = count ?? before;
    else this.#replayLines = count ?? before;
    this.#say(count === undefined ? `${before}]\r\n` : "]\r\n");
  }

  /** The log's own bytes, a byte a character, as everything that is said. */
  async #tail(word: string, lines: number): Promise<string> {
    const tail = (await this.#attachment?.tail(lines)) ?? new Uint8Array();
    return `${word}]\r\n${Buffer.from(tail).toString("latin1")}`;
  }

  /** To the others of this console, and to ourselves too if it is for all. */
  #tell(text: string, everybody = false): void {
    for (const session of this.#options.sessions) {
      if (session.console === this.console && (everybody || session !== this.#options.session))
        session.tell(text);
    }
  }

  #say(text: string): void {
    if (text === "") return;
    this.#options.send(quoteBytes(Buffer.from(text, "latin1")));
  }
}
