import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { type Clock, ConfedError, type Logger, silentLogger, systemClock } from "@confed/kernel";
import { consoleAddresses } from "./console-address.ts";
import type { LatenessReport } from "./lateness.ts";
import type { Rack, RackPorts, RackStats } from "./rack.ts";
import { completeRackOptions, consoleNameOf, type RackOptionsInput } from "./rack-options.ts";
import { type FailedOrder, fromFailedOrder, type RackOrder } from "./rack-orders.ts";
import type { SentReport } from "./sent-record.ts";

/** A rack in a process of its own. */
export interface RackProcess extends Rack {
  readonly pid: number;
}

/** After the rack was told to end and did not. Twice what it gives its peers. */
const KILL_AFTER_MS = 3000;

/**
 * Start a rack in a child process, for benchmarks: the same interface, an event loop of its own. The
 * child ends with `close`, with this process, or with `signal`. Rejects as `startRack` does, and with
 * "process_exited" if the child ends first; so do all calls after it has ended. The options travel on
 * the command line, where everybody on the host can read them: no secret of a real console in them.
 */
export async function spawnRack(
  input: RackOptionsInput = {},
  deps: { readonly clock?: Clock; readonly logger?: Logger; readonly signal?: AbortSignal } = {},
): Promise<RackProcess> {
  const { clock = systemClock, logger = silentLogger, signal } = deps;
  signal?.throwIfAborted();
  const options = completeRackOptions(input);
  const addresses = consoleAddresses(options.baseAddress, options.consoles);
  const entry = createRequire(import.meta.url).resolve("@confed/simulator/rack-main");
  const child = spawn(process.execPath, [entry, JSON.stringify(options)], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const talk = new RackTalk(child, logger);

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= (async () => {
      child.stdin.end();
      const cancel = clock.after(KILL_AFTER_MS, () => child.kill("SIGKILL"));
      await talk.ended;
      cancel();
      signal?.removeEventListener("abort", onAbort);
    })();
    return closing;
  };
  const onAbort = (): void => void close();
  signal?.addEventListener("abort", onAbort, { once: true });

  let ports: RackPorts;
  try {
    ports = await talk.listening;
  } catch (reason) {
    await close();
    throw reason;
  }
  const checked = (index: number): number => {
    if (Number.isInteger(index) && index >= 0 && index < options.consoles) return index;
    throw new ConfedError("invalid_argument", `no console ${index}: the rack has ${options.consoles}`, {
      subject: "console",
      hint: `0 to ${options.consoles - 1}`,
    });
  };
  return {
    tcpPort: ports.tcpPort,
    telnetPort: ports.telnetPort,
    sshPort: ports.sshPort,
    ipmiPort: ports.ipmiPort,
    sshHostKey: ports.sshHostKey,
    pid: child.pid ?? 0,
    options,
    addressOf: (index) => addresses.addressOf(checked(index)),
    consoleName: (index) => consoleNameOf(options, checked(index)),
    hangUp: (index) => talk.ask<undefined>({ do: "hang_up", index }),
    flood: (index, bytes) => talk.ask<undefined>({ do: "flood", index, bytes }),
    silence: (index, on) => talk.ask<undefined>({ do: "silence", index, on }),
    printing: (on) => talk.ask<undefined>({ do: "printing", on }),
    sent: (index) => talk.ask<SentReport>({ do: "sent", index }),
    sentAll: () => talk.ask<readonly SentReport[]>({ do: "sent_all" }),
    stats: () => talk.ask<RackStats>({ do: "stats" }),
    lateness: () => talk.ask<LatenessReport>({ do: "lateness" }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface RackAnswer {
  readonly listening?: RackPorts;
  readonly id?: number;
  readonly done?: unknown;
  readonly failed?: FailedOrder;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: ConfedError) => void;
}

/** The parent's end of the talk with the child. */
class RackTalk {
  readonly listening: Promise<RackPorts>;
  /** The child has ended and both pipes are read to their end. Never rejects. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #end: ConfedError | undefined;

  constructor(child: ChildProcess, logger: Logger) {
    this.#child = child;
    // The answer to a question nobody had to ask: number 0 is that it listens.
    this.listening = this.#await<RackPorts>(0);
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => {
        this.#fail(ConfedError.from(error, "process_exited"));
        resolve();
      });
      child.once("close", (status, signalName) => {
        this.#fail(
          new ConfedError(
            "process_exited",
            `the rack's process ended (${signalName ?? `status ${status ?? "?"}`})`,
          ),
        );
        resolve();
      });
    });
    child.stdin?.on("error", () => undefined); // A child that is gone; `close` says so.
    if (child.stdout !== null) createInterface(child.stdout).on("line", (line) => this.#heard(line));
    if (child.stderr !== null) {
      createInterface(child.stderr).on("line", (line) => {
        logger.info("rack says", { pid: child.pid, line });
      });
    }
  }

  async ask<T>(order: RackOrder): Promise<T> {
    if (this.#end !== undefined) throw this.#end;
    this.#lastId += 1;
    const answer = this.#await<T>(this.#lastId);
    this.#child.stdin?.write(`${JSON.stringify({ id: this.#lastId, order })}\n`);
    return answer;
  }

  #await<T>(id: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
    });
  }

  #heard(line: string): void {
    const { listening, id = 0, done, failed } = JSON.parse(line) as RackAnswer;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (failed !== undefined) waiting?.reject(fromFailedOrder(failed));
    else waiting?.resolve(listening ?? done);
  }

  #fail(reason: ConfedError): void {
    this.#end ??= reason;
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}
