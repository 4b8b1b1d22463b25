import { ConfedError } from "@confed/kernel";

/** A console on a serial line of this host. */
export interface SerialOptions {
  /** Absolute path; best one under /dev/serial/by-id, which stays when others are unplugged. */
  readonly device: string;
  /** Bits per second; 115200 unless given. */
  readonly baud?: number | undefined;
  /** "none" unless given. The serialport library knows no mark and space on Linux. */
  readonly parity?: "none" | "even" | "odd" | undefined;
  /** 8 unless given. */
  readonly dataBits?: 5 | 6 | 7 | 8 | undefined;
  /** 1 unless given. */
  readonly stopBits?: 1 | 2 | undefined;
  /** "none" unless given. With "xonxoff" the bytes 0x11 and 0x13 cannot pass. */
  readonly flowControl?: "none" | "rtscts" | "xonxoff" | undefined;
}

/** Faster than any line there is; a larger number is a mistake in the configuration. */
const BAUD_MAX = 4_000_000;

/** Throws "invalid_argument" for a line that cannot be. */
export function checkSerialOptions({
  device,
  baud,
  parity,
  dataBits,
  stopBits,
  flowControl,
}: SerialOptions): void {
  if (!device.startsWith("/") || device.includes("\0")) throw invalid("device", device, "an absolute path");
  if (baud !== undefined && !(Number.isInteger(baud) && baud > 0 && baud <= BAUD_MAX))
    throw invalid("baud", baud, `a number from 1 to ${BAUD_MAX}`);
  checkChoice("parity", parity, ["none", "even", "odd"]);
  checkChoice("dataBits", dataBits, [5, 6, 7, 8]);
  checkChoice("stopBits", stopBits, [1, 2]);
  checkChoice("flowControl", flowControl, ["none", "rtscts", "xonxoff"]);
}

function checkChoice<T>(option: string, value: T | undefined, choices: readonly T[]): void {
  if (value !== undefined && !choices.includes(value))
    throw invalid(option, value, `one of ${choices.join(", ")}`);
}

function invalid(option: string, value: unknown, wanted: string): ConfedError {
  return new ConfedError(
    "invalid_argument",
    `serial console: ${option} ${JSON.stringify(value)} is not ${wanted}`,
    { subject: option },
  );
}
