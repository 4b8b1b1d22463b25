import { type Clock, systemClock } from "@confed/kernel";
import {
  type ConsoleLink,
  type FakeBmc,
  type FakeBmcOptions,
  type LinkEvents,
  startFakeBmc,
} from "@confed/simulator";
import { ByteLog } from "./byte-log.ts";

/** A fake BMC whose serial port is the test's. */
export interface BmcConsole {
  readonly bmc: FakeBmc;
  /** Everything that was typed, over all sessions. */
  readonly received: ByteLog;
  /** Breaks that came. */
  breaks: number;
  /** The present end of SOL; waits for it. */
  link(): Promise<ConsoleLink>;
  /** The host prints, waiting for somebody to print to. */
  print(bytes: Uint8Array): Promise<void>;
  /** Resolves when SOL is nobody's. */
  free(): Promise<void>;
  close(): Promise<void>;
}

/** Start one. It lives by the real clock unless another one is given. */
export async function startBmcConsole(
  options: FakeBmcOptions = {},
  timers: Clock = systemClock,
): Promise<BmcConsole> {
  const received = new ByteLog();
  const waiting = new Set<() => void>();
  let current: ConsoleLink | undefined;
  const changed = () => {
    for (const wake of waiting) wake();
    waiting.clear();
  };
  const attach = (link: ConsoleLink): LinkEvents => {
    current = link;
    changed();
    return {
      input: (bytes) => {
        received.append(bytes);
      },
      drained: () => undefined,
      breakReceived: () => {
        console.breaks += 1;
      },
      inputEnded: () => undefined,
      closed: () => {
        if (current === link) current = undefined;
        changed();
      },
    };
  };
  const nextChange = () => new Promise<void>((resolve) => waiting.add(resolve));
  const bmc = await startFakeBmc(options, { timers, attach });
  const console: BmcConsole = {
    bmc,
    received,
    breaks: 0,
    async link() {
      while (current === undefined) await nextChange();
      return current;
    },
    async print(bytes) {
      (await console.link()).write(bytes);
    },
    async free() {
      while (current !== undefined) await nextChange();
    },
    close: () => bmc.close(),
  };
  return console;
}
