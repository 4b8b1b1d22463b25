import { ConfedError } from "@confed/kernel";

/** A console on a serial line of this host. */
export interface SerialOptions {
  /** Absolute path; best one under /dev/serial/by-id, which stays when others are unplugged. */
  readonly device: string;
  /** Bits per second; 115200 unless given. */
  readonly baud?: number | undefined;
  /** "none" unless given. "mark" and "space" are words of configuration that no open line can have. */
  readonly parity?: "none" | "even" | "odd" | "mark" | "space" | undefined;
  /** 8 unless given. */
  readonly dataBits?: 5 | 6 | 7 | 8 | undefined;
  /** 1 unless given. 1.5 is a word of configuration too. */
  readonly stopBits?: 1 | 1.5 | 2 | undefined;
  /** "none" unless given. With "xonxoff" the bytes 0x11 and 0x13 cannot pass. */
  readonly flowControl?: "none" | "rtscts" | "xonxoff" | undefined;
}

/** Faster than any line there is; a larger number is a mistake in the configuration. */
const BAUD_MAX = 4_000_000;

/** A line with everything said, and nothing that the serialport library cannot set on Linux. */
export interface SerialLine {
  readonly device: string;
  readonly baud: number;
  readonly parity: "none" | "even" | "odd";
  readonly dataBits: 5 | 6 | 7 | 8;
  readonly stopBits: 1 | 2;
  readonly flowControl: "none" | "rtscts" | "xonxoff";
}

/** Fill in what was not given. Throws "invalid_argument" for a line that cannot be. */
export function checkSerialOptions(options: SerialOptions): SerialLine {
  const { device, baud = 115_200 } = options;
  if (!device.startsWith("/") || device.includes("\0")) throw invalid("device", device, "an absolute path");
  if (!Number.isInteger(baud) || baud < 1 || baud > BAUD_MAX)
    throw invalid("baud", baud, `a number from 1 to ${BAUD_MAX}`);
  return {
    device,
    baud,
    parity: choose("parity", options.parity ?? "none", ["none", "even", "odd"]),
    dataBits: choose("dataBits", options.dataBits ?? 8, [5, 6, 7, 8]),
    stopBits: choose("stopBits", options.stopBits ?? 1, [1, 2]),
    flowControl: choose("flowControl", options.flowControl ?? "none", ["none", "rtscts", "xonxoff"]),
  };
}

function choose<Choice>(option: string, value: unknown, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value);
  if (found === undefined)
    throw invalid(option, value, `one of ${choices.join(", ")}, which a serial device of this host can do`);
  return found;
}

function invalid(option: string, value: unknown, wanted: string): ConfedError {
  return new ConfedError(
    "invalid_argument",
    `serial console: ${option} ${JSON.stringify(value)} is not ${wanted}`,
    { subject: option },
  );
}
