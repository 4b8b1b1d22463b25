import { ConfedError } from "@confed/kernel";
import type { SerialLine } from "./serial-options.ts";

/** What we use of an open port of the serialport library. Nothing here blocks the event loop. */
export interface SerialPort {
  /** Set or end the break condition; also raises DTR and RTS. */
  set(lines: SerialLines): Promise<void>;
  /** Throw away what is unread and unsent (tcflush). */
  flush(): Promise<void>;
  /** Release lock and descriptor. May take as long as the driver waits for unsent output. */
  close(): Promise<void>;
}

/** The library sets all of them at once; a missing one counts as lowered. */
interface SerialLines {
  readonly brk: boolean;
  readonly cts: boolean;
  readonly dsr: boolean;
  readonly dtr: boolean;
  readonly rts: boolean;
}

/** A line in the binding's words. */
export interface PortSettings {
  readonly path: string;
  readonly baudRate: number;
  readonly parity: "none" | "even" | "odd";
  readonly dataBits: 5 | 6 | 7 | 8;
  readonly stopBits: 1 | 2;
  readonly rtscts: boolean;
  readonly xon: boolean;
  readonly xoff: boolean;
  readonly lock: boolean;
  readonly hupcl: boolean;
}

/** Ways to configure and lock a port. */
export interface SerialBinding {
  open(settings: PortSettings): Promise<SerialPort>;
}

/**
 * The serialport library, which is an optional dependency: rejects with "failed_precondition" and
 * the name of the package where it is not installed.
 *
 * Only its binding is used, to set up the line, to lock it and for breaks. Its streams read a
 * hung-up line for ever (a read of 0 bytes is tried again at once), and lose the wait for
 * writability when a wait for input begins. Its `list()` crashes without udevadm: never called.
 */
export async function loadSerialBinding(
  load: () => Promise<unknown> = () => import("serialport"),
): Promise<SerialBinding> {
  try {
    const { SerialPort: library } = (await load()) as {
      readonly SerialPort: { readonly binding: SerialBinding };
    };
    return library.binding;
  } catch (reason) {
    throw new ConfedError(
      "failed_precondition",
      "serial consoles need the npm package serialport, and it cannot be loaded",
      {
        cause: reason,
        hint: "npm install serialport@13.0.0 beside the agent, then restart it",
      },
    );
  }
}

/** The line as the binding wants it told. */
export function portSettings({
  device,
  baud,
  parity,
  dataBits,
  stopBits,
  flowControl,
}: SerialLine): PortSettings {
  return {
    path: device,
    baudRate: baud,
    parity,
    dataBits,
    stopBits,
    rtscts: flowControl === "rtscts",
    xon: flowControl === "xonxoff",
    xoff: flowControl === "xonxoff",
    lock: true,
    // Or every restart of the agent would drop DTR and hang up on whoever is logged in there.
    hupcl: false,
  };
}
