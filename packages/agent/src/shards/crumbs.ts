import { type Clock, ConfedError } from "@confed/kernel";
import type { LinkSink, Transport } from "@confed/transports";
import type { ShardReport } from "./shard-messages.ts";

/**
 * How long a shard that was started again says what it is busy with. It costs two short messages a
 * read, which the supervisor's side of the channel has even when the process dies at once.
 */
const CAREFUL_MS = 60_000;

export interface CrumbsDeps {
  readonly clock: Pick<Clock, "after">;
  readonly send: (report: ShardReport) => void;
  /** True: the life before ended by an error. */
  readonly careful: boolean;
  /** By name, with the reason. */
  readonly quarantined: ReadonlyMap<string, string>;
}

/**
 * What a shard of which one died says to its supervisor, so that the console can be found on which it
 * dies again and again; and the consoles for which that was found: they are not dialed until a person
 * says so.
 */
export class Crumbs {
  readonly #send: CrumbsDeps["send"];
  readonly #quarantined: Map<string, string>;
  readonly #wraps: boolean;
  #careful: boolean;

  constructor({ clock, send, careful, quarantined }: CrumbsDeps) {
    this.#send = send;
    this.#quarantined = new Map(quarantined);
    this.#careful = careful;
    this.#wraps = careful || quarantined.size > 0;
    if (!careful) return;
    clock.after(CAREFUL_MS, () => {
      this.#careful = false;
    });
  }

  /** The way to a console, leaving crumbs. In a life that follows no death it is the transport itself. */
  around(name: string, transport: Transport): Transport {
    if (!this.#wraps) return transport;
    const open: Transport["open"] = async (options) => {
      const reason = this.#quarantined.get(name);
      if (reason !== undefined) throw quarantined(name, reason);
      if (!this.#careful) return transport.open(options);
      this.#send({ tell: "dialing", console: name });
      try {
        return await transport.open({ ...options, sink: this.#sinkAround(name, options.sink) });
      } finally {
        this.#send({ tell: "dialed", console: name });
      }
    };
    return Object.create(transport, { open: { value: open } }) as Transport;
  }

  /** A person wants it to be tried again. True if it was not to be. */
  lift(name: string): boolean {
    if (!this.#quarantined.delete(name)) return false;
    this.#send({ tell: "lifted", console: name });
    return true;
  }

  #sinkAround(name: string, sink: LinkSink): LinkSink {
    return {
      onData: (bytes) => {
        if (this.#careful) this.#send({ tell: "handling", console: name });
        sink.onData(bytes);
        if (this.#careful) this.#send({ tell: "handling", console: "" });
      },
      onClosed: (reason) => {
        sink.onClosed(reason);
      },
    };
  }
}

function quarantined(name: string, reason: string): ConfedError {
  return new ConfedError("failed_precondition", `quarantined: ${reason}`, {
    subject: name,
    hint: `\`rcons reconnect ${name}\` or a reload tries it again`,
  });
}
