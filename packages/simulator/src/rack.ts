import { type Clock, ConfedError, type Logger, Scope, silentLogger, systemClock } from "@confed/kernel";
import { type BmcDoor, openBmcDoor } from "./bmc-door.ts";
import { consoleAddresses } from "./console-address.ts";
import { type ConsoleListener, listenForConsoles } from "./console-listener.ts";
import { DueQueue } from "./due-queue.ts";
import { describeLateness, LatenessHistogram, type LatenessReport } from "./lateness.ts";
import { LineTicker } from "./line-ticker.ts";
import { lineMaker } from "./numbered-line.ts";
import {
  completeRackOptions,
  consoleNameOf,
  type RackOptions,
  type RackOptionsInput,
} from "./rack-options.ts";
import type { SentReport } from "./sent-record.ts";
import { type RackShared, type RackTotals, SimConsole } from "./sim-console.ts";
import { openTcpDoor, openTelnetDoor } from "./socket-door.ts";
import { sshDoor } from "./ssh-door.ts";

/** Where a rack answers. */
export interface RackPorts {
  readonly tcpPort: number | undefined;
  readonly telnetPort: number | undefined;
  readonly sshPort: number | undefined;
  readonly ipmiPort: number | undefined;
  /** The public host key of the ssh variant, as known_hosts has it. */
  readonly sshHostKey: string | undefined;
}

/** Counts since the start, over all consoles. */
export interface RackStats extends Readonly<RackTotals> {
  /** Connections to an address that is no console's. */
  readonly refused: number;
  /** CPU time and memory of the whole process the rack runs in. */
  readonly cpuUserMs: number;
  readonly cpuSystemMs: number;
  readonly rssBytes: number;
}

/**
 * A running rack, in this process or in a child. Consoles are named by their index from 0; an index
 * that does not exist rejects with "invalid_argument".
 */
export interface Rack extends RackPorts, AsyncDisposable {
  readonly options: RackOptions;
  addressOf(index: number): string;
  consoleName(index: number): string;
  /** End the console's connection in an orderly way, after everything written so far. */
  hangUp(index: number): Promise<void>;
  /** Print so many bytes of numbered lines as fast as they are taken; resolves when it has begun. */
  flood(index: number, bytes: number): Promise<void>;
  /** While on: accept connections, print and answer nothing. */
  silence(index: number, on: boolean): Promise<void>;
  /** Stop or resume everything printed at a rate, on all consoles. After `false` resolved nothing is added to what was sent. */
  printing(on: boolean): Promise<void>;
  sent(index: number): Promise<SentReport>;
  sentAll(): Promise<readonly SentReport[]>;
  stats(): Promise<RackStats>;
  lateness(): Promise<LatenessReport>;
  /** Hang up everywhere and end. Idempotent. */
  close(): Promise<void>;
}

export interface RackDeps {
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
  /** Aborting closes the rack. */
  readonly signal?: AbortSignal | undefined;
}

/** How long the peers of a closing rack may take to close their side. */
const CLOSE_MS_MAX = 1000;

/**
 * Start a rack in this process. Resolves when every port listens; rejects with "invalid_argument" for
 * options that cannot be, "conflict" for a port that is taken, and leaves nothing open then.
 */
export async function startRack(input: RackOptionsInput = {}, deps: RackDeps = {}): Promise<Rack> {
  const { clock = systemClock, logger = silentLogger, signal } = deps;
  const options = completeRackOptions(input);
  const addresses = consoleAddresses(options.baseAddress, options.consoles);
  const ssh = options.sshPort === undefined ? undefined : sshDoor(options.ssh);
  signal?.throwIfAborted();

  const scope = new Scope();
  const queue = new DueQueue(clock);
  scope.own(() => {
    queue.close();
  });
  const lateness = new LatenessHistogram();
  const totals: RackTotals = {
    connected: 0,
    connections: 0,
    takenOver: 0,
    lines: 0,
    bytes: 0,
    inputBytes: 0,
    withheld: 0,
  };
  let refused = 0;
  let isPrinting = true;
  const runTicker = (): void => {
    // No line is due for nobody: an idle rack does not wake up.
    if (isPrinting && totals.connected > 0) ticker.start();
    else ticker.stop();
  };
  const shared: RackShared = {
    options,
    clock,
    queue,
    lines: lineMaker(options.lineBytes),
    lateness,
    totals,
    onConnectedChange: runTicker,
  };
  const consoles = Array.from(
    { length: options.consoles },
    (_, index) => new SimConsole(index, consoleNameOf(options, index), shared),
  );
  const ticker = new LineTicker({
    clock,
    queue,
    consoles: options.consoles,
    linesPerSecond: options.mode === "echo" ? 0 : options.linesPerSecond,
    onDue: (index, dueMs) => consoles[index]?.due(dueMs),
    onLeftOut: () => {
      lateness.leaveOut();
    },
  });
  const consoleAt = (index: number): SimConsole => {
    const console = consoles[index];
    if (console !== undefined) return console;
    throw new ConfedError("invalid_argument", `no console ${index}: the rack has ${options.consoles}`, {
      subject: "console",
      hint: `0 to ${options.consoles - 1}`,
    });
  };

  let bmcs: BmcDoor | undefined;
  const listeners: ConsoleListener[] = [];
  const listen = async (
    port: number | undefined,
    open: (socket: Parameters<typeof openTcpDoor>[0], console: SimConsole) => void,
  ): Promise<number | undefined> => {
    if (port === undefined) return undefined;
    const listener = await listenForConsoles({
      port,
      addresses,
      onSocket: (socket, index) => {
        open(socket, consoleAt(index));
      },
      onRefused: () => {
        refused += 1;
      },
    });
    listeners.push(listener);
    return listener.port;
  };
  scope.own(async () => {
    isPrinting = false;
    ticker.stop();
    for (const console of consoles) console.hangUp();
    const closed = Promise.all(listeners.map((listener) => listener.close()));
    const cancel = clock.after(CLOSE_MS_MAX, () => {
      for (const listener of listeners) listener.end();
    });
    await closed;
    cancel();
    await bmcs?.close();
    logger.info("rack closed", { lateness: describeLateness(lateness.report()) });
  });

  let ports: RackPorts;
  try {
    const { ipmiPort, bmcTrouble: trouble, seed } = options;
    if (ipmiPort !== undefined) {
      bmcs = await openBmcDoor({ consoles, addresses, port: ipmiPort, trouble, seed }, clock);
    }
    ports = {
      tcpPort: await listen(options.tcpPort, openTcpDoor),
      telnetPort: await listen(options.telnetPort, openTelnetDoor),
      sshPort: await listen(options.sshPort, (socket, console) => ssh?.open(socket, console)),
      sshHostKey: ssh?.hostKey,
      ipmiPort: bmcs?.port,
    };
  } catch (reason) {
    await scope.close(reason);
    throw reason;
  }
  const onAbort = (): void => void scope.close(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  scope.own(() => signal?.removeEventListener("abort", onAbort));
  if (signal?.aborted === true) onAbort();
  logger.info("rack listens", {
    consoles: options.consoles,
    mode: options.mode,
    tcp: ports.tcpPort,
    telnet: ports.telnetPort,
    ssh: ports.sshPort,
    ipmi: ports.ipmiPort,
  });

  return {
    ...ports,
    options,
    addressOf: (index) => addresses.addressOf(consoleAt(index).index),
    consoleName: (index) => consoleAt(index).name,
    hangUp: async (index) => {
      consoleAt(index).hangUp();
    },
    flood: async (index, bytes) => {
      consoleAt(index).flood(bytes);
    },
    silence: async (index, on) => {
      consoleAt(index).silence(on);
    },
    printing: async (on) => {
      isPrinting = on;
      runTicker();
    },
    sent: async (index) => consoleAt(index).report(),
    sentAll: async () => consoles.map((console) => console.report()),
    stats: async () => {
      const { user, system } = process.cpuUsage();
      const rssBytes = process.memoryUsage.rss();
      return { ...totals, refused, cpuUserMs: user / 1000, cpuSystemMs: system / 1000, rssBytes };
    },
    lateness: async () => lateness.report(),
    close: () => scope.close(),
    [Symbol.asyncDispose]: () => scope.close(),
  };
}
