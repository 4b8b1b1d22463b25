import { ConfedError, systemClock } from "@confed/kernel";
import { generateSigningKey, prove, type SigningKey } from "@confed/trust";
import {
  type AttachRequest,
  type AttachResponseReceived,
  type Channel,
  type Duplex,
  fromDetail,
  type HelloReceived,
  type OpenedReceived,
  openChannel,
} from "@confed/wire";
import type { Person, Way } from "../systems/person.ts";
import { untilMs } from "./until.ts";

/** One stretch of output as a viewer was shown it. */
export interface Shown {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Through whom a console is found; or the agent that has it, who asks nobody for a ticket. */
export type Place = { readonly person: Person; readonly through?: string } | { readonly address: string };

/** How long an echo may take before the viewer gives up. */
const ECHO_TIMEOUT_MS = 20_000;

/** A viewer inside the benchmark: hundreds of them cost what one process of a real client does. */
export class Viewer {
  #channel: Channel<"Agent"> | undefined;
  #stream: Duplex<AttachResponseReceived, AttachRequest> | undefined;
  readonly #startedMs = systemClock.nowMs();
  readonly #kept: Shown[] | undefined;
  #inputOffset = 0;
  #token: { readonly text: string; readonly found: () => void } | undefined;
  #end = "";
  /** Resolves when the agent has accepted the attach; rejects if it refuses. */
  readonly opened: Promise<OpenedReceived>;
  /** Resolves when the stream is over, however that came. */
  readonly ended: Promise<void>;
  /** From asking for the way until the attach was accepted; NaN before. */
  openedAfterMs = Number.NaN;
  /** Output that was shown, without what was printed before. */
  shownBytes = 0;
  /** From asking for the way until the console was said to be connected; NaN before. */
  connectedAfterMs = Number.NaN;

  /** `keep`: everything shown is remembered, for being held against the log. */
  constructor(place: Place, console: string, { keep = false }: { readonly keep?: boolean } = {}) {
    this.#kept = keep ? [] : undefined;
    let over: () => void = () => undefined;
    this.ended = new Promise((resolve) => {
      over = resolve;
    });
    this.opened = wayTo(place, console).then(
      (way) => this.#open(way, console, over),
      (reason: unknown) => {
        over();
        throw ConfedError.from(reason);
      },
    );
    this.opened.catch(() => undefined);
  }

  #open({ channel, ticket, key }: Way, console: string, over: () => void): Promise<OpenedReceived> {
    this.#channel = channel;
    const stream = channel.client.attach({ signal: new AbortController().signal });
    this.#stream = stream;
    const opened = new Promise<OpenedReceived>((resolve, reject) => {
      stream.receive(
        (message) => {
          if (message.opened) {
            this.openedAfterMs = systemClock.nowMs() - this.#startedMs;
            resolve(message.opened);
          }
          if (message.hello && message.hello.proveId !== "")
            stream.send({ prove: { signature: signatureFor(message.hello, key) } });
          if (message.end?.error) reject(fromDetail(message.end.error));
          this.#take(message);
        },
        (error) => {
          reject(error ?? new Error(`${console}: the attach ended`));
          over();
        },
      );
    });
    stream.send({ open: { console, mode: "WRITE", force: true, subject: "bench@localhost", ticket } });
    return opened;
  }

  get shown(): readonly Shown[] {
    return this.#kept ?? [];
  }

  /** Resolves when the console is connected; rejects if that takes longer. */
  async connected(timeoutMs: number): Promise<void> {
    await untilMs(() => !Number.isNaN(this.connectedAfterMs), timeoutMs, "the console connected");
  }

  /** Types a token and resolves with the milliseconds until it is shown. */
  echo(text: string): Promise<number> {
    const data = Buffer.from(text);
    const startMs = systemClock.nowMs();
    return new Promise((resolve, reject) => {
      const cancel = systemClock.after(ECHO_TIMEOUT_MS, () => {
        reject(new Error(`no echo within ${ECHO_TIMEOUT_MS} ms`));
      });
      this.#token = {
        text,
        found: () => {
          cancel();
          this.#token = undefined;
          resolve(systemClock.nowMs() - startMs);
        },
      };
      this.#stream?.send({ input: { offset: this.#inputOffset, data } });
      this.#inputOffset += data.length;
    });
  }

  /** Never reads again. */
  stopReading(): void {
    this.#stream?.pause();
  }

  /** Gives up, also where the agent's end can no longer be read. */
  cancel(): void {
    this.#stream?.cancel();
    this.#channel?.close();
  }

  async close(): Promise<void> {
    this.#stream?.end();
    this.#channel?.close();
    await this.ended;
  }

  #take({ output, event, opened }: AttachResponseReceived): void {
    const state = opened?.status?.state ?? (event?.kind === "STATE" ? event.state : undefined);
    if (state === "CONNECTED" && Number.isNaN(this.connectedAfterMs))
      this.connectedAfterMs = systemClock.nowMs() - this.#startedMs;
    if (!output || output.replayed) return;
    this.shownBytes += output.data.byteLength;
    this.#kept?.push({ offset: output.offset, bytes: Buffer.from(output.data) });
    if (this.#token === undefined) return;
    // A token may come in two messages.
    const text = this.#end + output.data.toString("latin1");
    this.#end = text.slice(-64);
    if (text.includes(this.#token.text)) this.#token.found();
  }
}

async function wayTo(place: Place, console: string): Promise<Way> {
  if ("person" in place) return place.person.wayTo(console, place.through);
  return { channel: openChannel("Agent", place.address), ticket: null, key: generateSigningKey() };
}

function signatureFor({ proveId: id, agent, nonce }: HelloReceived, key: SigningKey): Uint8Array {
  return prove(key, { id, agent, nonce });
}
