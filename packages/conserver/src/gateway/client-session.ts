import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { QuotedDecoder, quoteBytes } from "@confed/codecs";
import { ConfedError } from "@confed/kernel";
import { AttachedClient } from "./attached-client.ts";
import { GATEWAY_LIMITS, type PeerSession, type SessionOptions } from "./gateway-options.ts";
import { answerLine, type LineAnswer } from "./line-commands.ts";

/**
 * One connection: lines until a console is attached, bytes from then on. What the client sends is taken in order, one
 * read at a time, and the socket waits meanwhile.
 */
export class ClientSession implements PeerSession {
  /** When the connection is closed, whoever closed it. */
  readonly ended: Promise<void>;
  readonly #options: SessionOptions;
  readonly #decoder = new QuotedDecoder();
  readonly #cancelLogin: () => void;
  #socket: Socket;
  #line = "";
  #user: string | undefined;
  /** Asked for the password of this user. */
  #asked: string | undefined;
  #attached: AttachedClient | undefined;
  #over = false;
  #cancelGoodbye: () => void = () => undefined;

  constructor(socket: Socket, options: SessionOptions) {
    this.#options = options;
    this.#socket = socket;
    this.ended = new Promise((resolve) => {
      socket.once("close", () => {
        this.#over = true;
        this.#cancelLogin();
        this.#cancelGoodbye();
        this.#attached?.release();
        resolve();
      });
    });
    this.#cancelLogin = options.clock.after(GATEWAY_LIMITS.loginMsMax, () => {
      options.doorman?.blame(options.address, "grace");
      this.end("");
    });
    this.#serve(socket);
    // The stock client compares this whole: nothing may come with it.
    this.#send("ok\r\n");
  }

  get user(): string | undefined {
    return this.#user;
  }

  get acid(): string {
    return `${this.#user ?? ""}@${this.#options.hostName}`;
  }

  get port(): number {
    return this.#socket.localPort ?? 0;
  }

  get console(): string | undefined {
    return this.#attached?.console;
  }

  tell(text: string): void {
    if (this.#attached !== undefined) this.#send(text);
  }

  end(text: string): void {
    if (this.#over) return;
    this.#over = true;
    // Its keyboard is free from now on, whether it reads this or not.
    this.#attached?.release();
    this.#socket.end(quoteBytes(Buffer.from(text, "latin1")));
    this.#cancelGoodbye = this.#options.clock.after(GATEWAY_LIMITS.goodbyeMsMax, () => {
      this.#socket.destroy();
    });
  }

  async recheck(): Promise<void> {
    await this.#attached?.recheck();
  }

  #serve(socket: Socket): void {
    socket.on("error", () => {
      socket.destroy();
    });
    socket.on("data", (bytes: Buffer) => {
      socket.pause();
      this.#take(bytes).then(
        () => socket.resume(),
        (reason: unknown) => {
          this.#options.logger.warn("a client of conserver's protocol was let go", {
            client: this.acid,
            cause: ConfedError.from(reason).message,
          });
          socket.destroy();
        },
      );
    });
  }

  async #take(bytes: Uint8Array): Promise<void> {
    for (const event of this.#decoder.feed(bytes)) {
      if (this.#over) return;
      if (this.#attached !== undefined) await this.#attached.take(event);
      else if (event.type === "data") await this.#takeText(Buffer.from(event.bytes).toString("latin1"));
    }
  }

  async #takeText(text: string): Promise<void> {
    this.#line += text;
    for (let end = this.#line.indexOf("\n"); end >= 0 && !this.#over; end = this.#line.indexOf("\n")) {
      const line = this.#line.slice(0, end).replace(/\r$/, "");
      this.#line = this.#line.slice(end + 1);
      await this.#takeLine(line);
      const rest = Buffer.from(this.#line, "latin1");
      if (this.#attached === undefined) continue;
      // What came behind a call belongs to its console.
      this.#line = "";
      await this.#attached.take({ type: "data", bytes: rest });
      return;
    }
    if (this.#line.length > GATEWAY_LIMITS.lineBytesMax) this.#crash("a line is longer than lineBytesMax");
  }

  /** Nobody who speaks the protocol does that. */
  #crash(message: string): never {
    this.#options.doorman?.blame(this.#options.address, "crash");
    throw new ConfedError("resource_exhausted", message);
  }

  async #takeLine(line: string): Promise<void> {
    if (this.#asked !== undefined) return this.#takePassword(this.#asked, line);
    const [, command = "", argument = ""] = /^([^ :]*)[ :]*(.*?)\s*$/s.exec(line) ?? [];
    await this.#answer(await this.#answered(command, argument));
  }

  /** What cannot be done is the client's to read, once it is known who that is; it may ask for something else. */
  async #answered(command: string, argument: string): Promise<LineAnswer> {
    try {
      if (this.#user === undefined) return await this.#beforeLogin(command, argument);
      return await answerLine(command, argument, {
        ...this.#options,
        user: this.#user,
        acid: this.acid,
        localAddress: this.#socket.localAddress?.replace(/^::ffff:/, "") ?? "",
        port: this.port,
      });
    } catch (reason) {
      if (this.#user === undefined) return this.#uncheckable(reason);
      return { say: `${ConfedError.from(reason).rawMessage}\r\n` };
    }
  }

  /** Why is nothing for strangers. */
  #uncheckable(reason: unknown): LineAnswer {
    const { message: cause, hint } = ConfedError.from(reason);
    const fields = { cause, ...(hint === undefined ? {} : { hint }) };
    this.#options.logger.error("passwords of conserver's clients cannot be checked", fields);
    return { say: "passwords cannot be checked\r\n", close: true };
  }

  async #beforeLogin(command: string, argument: string): Promise<LineAnswer> {
    switch (command) {
      case "exit":
        return { say: "goodbye\r\n", close: true };
      case "help":
        return { say: HELP_BEFORE_LOGIN };
      case "ssl":
        if (this.#options.tls().context === undefined || this.#encrypted)
          return { say: "unknown command\r\n" };
        return { say: "ok\r\n", encrypt: true };
      case "login":
        if (argument === "") return { say: "login requires argument\r\n" };
        if (!this.#encrypted && !this.#options.mayBePlain) return { say: "encryption required\r\n" };
        if (this.#options.trusted || !(await this.#options.access.needsPassword(argument)))
          return { say: "ok\r\n", user: argument };
        this.#asked = argument;
        return { say: `passwd? ${this.#socket.localAddress?.replace(/^::ffff:/, "") ?? ""}\r\n` };
      default:
        return { say: "unknown command\r\n" };
    }
  }

  async #takePassword(user: string, password: string): Promise<void> {
    this.#asked = undefined;
    const { access, address, doorman, onEvent } = this.#options;
    let right: boolean;
    try {
      // A byte a character until here; whoever types has a terminal of this century.
      right = await access.checkPassword(user, Buffer.from(password, "latin1").toString("utf8"));
    } catch (reason) {
      await this.#answer(this.#uncheckable(reason));
      return;
    }
    if (!right) {
      doorman?.blame(address, "auth");
      onEvent?.({ what: "login_failed", user, address, text: "wrong password" });
    }
    await this.#answer(right ? { say: "ok\r\n", user } : { say: "invalid password\r\n", close: true });
  }

  async #answer({ say, close, encrypt, user, attach }: LineAnswer): Promise<void> {
    if (user !== undefined) {
      this.#user = user;
      this.#cancelLogin();
      this.#options.onEvent?.({ what: "login", user, address: this.#options.address });
    }
    if (close === true) this.end(say);
    else if (encrypt === true) this.#encrypt(say);
    else if (attach === undefined) this.#send(say);
    else {
      const attached = new AttachedClient(attach, {
        ...this.#options,
        session: this,
        user: this.#user ?? "",
        send: (bytes) => {
          this.#write(bytes);
        },
        backlogBytes: () => this.#socket.writableLength,
        onDrained: (then) => {
          if (this.#socket.writableLength === 0 || this.#socket.destroyed) then();
          else this.#socket.once("drain", then);
        },
      });
      try {
        await attached.attach();
      } catch (reason) {
        this.end(`${attach.name}: ${ConfedError.from(reason).rawMessage}\r\n`);
        return;
      }
      // It may have gone while we waited.
      if (this.#socket.destroyed || this.#over) attached.release();
      this.#attached = attached;
      this.#send(attached.greeting);
    }
  }

  get #encrypted(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  /** The answer is the last of the plain bytes; no greeting follows the handshake. */
  #encrypt(say: string): void {
    const plain = this.#socket;
    plain.write(say);
    plain.removeAllListeners("data");
    const { context, requestCert } = this.#options.tls();
    const secured = new TLSSocket(plain, {
      isServer: true,
      requestCert,
      rejectUnauthorized: requestCert,
      ...(context === undefined ? {} : { secureContext: context }),
    });
    this.#socket = secured;
    this.#serve(secured);
    // Paused for the read that asked for this.
    plain.resume();
  }

  #send(text: string): void {
    this.#write(quoteBytes(Buffer.from(text, "latin1")));
  }

  /** Quoted already. Bounded: a client that does not read is let go, its console goes on. */
  #write(bytes: Uint8Array): void {
    if (this.#socket.writableLength > GATEWAY_LIMITS.backlogBytesMax) this.#socket.destroy();
    else if (this.#socket.writable) this.#socket.write(bytes);
  }
}

const HELP_BEFORE_LOGIN =
  "exit   disconnect\r\nhelp   this help message\r\nlogin  log in\r\nssl    start ssl session\r\n";
