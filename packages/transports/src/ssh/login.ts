import { ConfedError, type Secret } from "@confed/kernel";
import type { AnyAuthMethod, AuthHandlerMiddleware, ParsedKey } from "ssh2";
import { KeyAgent } from "./key-agent.ts";
import { printable } from "./server-hello.ts";

/** What we can show to a server. */
export interface Credentials {
  readonly user: string;
  readonly password?: Secret | undefined;
  readonly key?: ParsedKey | undefined;
  /** Path of an ssh-agent's socket. */
  readonly agentSocket?: string | undefined;
}

/**
 * One attempt to log in: tries key, agent, password and keyboard-interactive, in this order, as
 * far as we have them and the server takes them, and remembers what happened for the error.
 * `refused` is called once, with "auth_failed", when nothing is left to try.
 */
export class Login {
  readonly #where: string;
  readonly #credentials: Credentials;
  readonly #refused: (error: ConfedError) => void;
  readonly #agent: KeyAgent | undefined;
  readonly #untried: Method[];
  readonly #tried: Method[] = [];
  readonly #notes: string[] = [];
  #offered: readonly string[] = [];
  #promptsAnswered = 0;
  #learned = false;

  constructor(where: string, credentials: Credentials, refused: (error: ConfedError) => void) {
    this.#where = where;
    this.#credentials = credentials;
    this.#refused = refused;
    const { agentSocket, key, password } = credentials;
    this.#agent = agentSocket === undefined ? undefined : new KeyAgent(agentSocket);
    this.#untried = METHODS.filter((method) => {
      if (method === "key") return key !== undefined;
      return method === "agent" ? agentSocket !== undefined : password !== undefined;
    });
  }

  /** True once the server has been shown something. */
  get begun(): boolean {
    return this.#tried.length > 0;
  }

  /** What ssh2 asks after every answer of the server; the first time without a list of methods. */
  readonly next: AuthHandlerMiddleware = (methodsLeft: readonly string[] | null, _partial, use) => {
    if (methodsLeft === null && !this.#learned) {
      this.#learned = true;
      // RFC 4252 section 5.2: "none" asks what is offered. A port without a login lets us in.
      use({ type: "none", username: this.#credentials.user });
      return;
    }
    if (methodsLeft !== null) this.#offered = methodsLeft.map(printable).slice(0, METHODS_NAMED_MAX);
    const index = this.#untried.findIndex((method) => this.#offered.includes(WIRE_NAME[method]));
    const [method] = index < 0 ? [] : this.#untried.splice(index, 1);
    if (method === undefined) {
      this.#refused(this.failure());
      return;
    }
    this.#tried.push(method);
    use(this.#attempt(method));
  };

  /** A method failed on our side, the login goes on: the agent is not there, a key cannot sign. */
  note(message: string): void {
    if (this.#notes.length < NOTES_MAX) this.#notes.push(message);
  }

  /** "auth_failed", saying what was tried, what the server offers and what went wrong here. */
  failure(serverSaid = ""): ConfedError {
    const { user } = this.#credentials;
    const tried = this.#tried.map((method) => WIRE_WORDS[method]).join(", ");
    const offers = this.#offered.length === 0 ? "" : `; it offers ${this.#offered.join(", ")}`;
    const said = serverSaid === "" ? "" : `; it said "${printable(serverSaid)}"`;
    const notes = this.#notes.length === 0 ? "" : ` (${this.#notes.join("; ")})`;
    const refusal =
      tried === ""
        ? `${this.#where} refused to let ${user} in without credentials`
        : `${this.#where} refused ${tried} for ${user}`;
    const unfit = this.#untried.map((method) => WIRE_WORDS[method]).join(", ");
    return new ConfedError(
      "auth_failed",
      `${tried === "" && unfit !== "" ? `${this.#where} does not take ${unfit} for ${user}` : refusal}${offers}${said}${notes}`,
      {
        where: this.#where,
        subject: user,
        hint:
          tried === "" && unfit === ""
            ? "configure password, privateKey or agentSocket for this console"
            : "check user, password and key of this console and what the server allows",
      },
    );
  }

  /** Lets go of the agent; idempotent. */
  close(): void {
    this.#agent?.close();
  }

  #attempt(method: Method): AnyAuthMethod {
    const { user: username, key, password } = this.#credentials;
    if (method === "key" && key !== undefined) return { type: "publickey", username, key };
    if (method === "agent" && this.#agent !== undefined)
      return { type: "agent", username, agent: this.#agent };
    if (method === "password" && password !== undefined)
      return { type: "password", username, password: password.reveal() };
    return {
      type: "keyboard-interactive",
      username,
      prompt: (...[, , , prompts, finish]) => {
        this.#promptsAnswered += prompts.length;
        if (this.#promptsAnswered > PROMPTS_MAX) {
          this.note(`it asked more than ${PROMPTS_MAX} questions`);
          this.#refused(this.failure());
          return;
        }
        // What echoes is no question for a password: a name, a menu. We have no answer to these.
        finish(prompts.map(({ echo }) => (echo === true || password === undefined ? "" : password.reveal())));
      },
    };
  }
}

/** Enough for a password and a second factor with retries; a hostile server asks for ever. */
const PROMPTS_MAX = 8;
const NOTES_MAX = 4;
const METHODS_NAMED_MAX = 10;

const METHODS = ["key", "agent", "password", "keyboard-interactive"] as const;
type Method = (typeof METHODS)[number];

const WIRE_NAME: Readonly<Record<Method, string>> = {
  key: "publickey",
  agent: "publickey",
  password: "password",
  "keyboard-interactive": "keyboard-interactive",
};
const WIRE_WORDS: Readonly<Record<Method, string>> = { ...WIRE_NAME, key: "key", agent: "the agent's keys" };
