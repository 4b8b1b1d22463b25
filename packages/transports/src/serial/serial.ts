import { close, constants, open } from "node:fs";
import { isatty } from "node:tty";
import { promisify } from "node:util";
import { ConfedError } from "@confed/kernel";
import type { TransportDeps, TransportFactory } from "../deps.ts";
import { withConnectDeadline } from "../net/connect-deadline.ts";
import type { OpenOptions } from "../transport.ts";
import { serialOpenError } from "./serial-error.ts";
import { SerialLink } from "./serial-link.ts";
import { checkSerialOptions, type SerialLine, type SerialOptions } from "./serial-options.ts";
import { loadSerialBinding, portSettings, type SerialBinding } from "./serial-port.ts";

/**
 * A serial line of this host, in raw mode and locked against other programs that ask for the lock
 * (flock(2)): a second opener gets "conflict". Needs the optional package serialport.
 *
 * The modem lines do not end the link (CLOCAL), DTR stays up when it closes.
 * Throws "invalid_argument" for a line that cannot be.
 */
export function serial(
  options: SerialOptions,
  loadBinding: () => Promise<SerialBinding> = loadSerialBinding,
): TransportFactory {
  const line = checkSerialOptions(options);
  return (deps) => ({
    kind: "serial",
    open: ({ signal, sink }) =>
      withConnectDeadline({ clock: deps.clock, where: line.device, signal }, async (bounded) => {
        const binding = await loadBinding();
        return openSerialLink(line, binding, { ...deps, signal: bounded, sink });
      }),
  });
}

type OpenContext = Pick<TransportDeps, "clock" | "logger"> & OpenOptions;

async function openSerialLink(
  line: SerialLine,
  binding: SerialBinding,
  { clock, logger, signal, sink }: OpenContext,
): Promise<SerialLink> {
  const { device } = line;
  const fd = await openDevice(device, signal);
  try {
    const port = await unlessAborted(binding.open(portSettings(line)), signal, (late) => late.close());
    return new SerialLink({ device, fd, port, sink, clock, logger });
  } catch (reason) {
    await closeFd(fd);
    throw signal.aborted ? reason : serialOpenError(device, reason);
  }
}

/**
 * Our own descriptor for the bytes. O_NONBLOCK, because without it open(2) waits for a carrier.
 */
async function openDevice(device: string, signal: AbortSignal): Promise<number> {
  const flags = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK;
  let fd: number;
  try {
    fd = await unlessAborted(openFd(device, flags), signal, closeFd);
  } catch (reason) {
    throw signal.aborted ? reason : serialOpenError(device, reason);
  }
  if (isatty(fd)) return fd;
  await closeFd(fd);
  throw new ConfedError("invalid_argument", `${device} is not a serial device`, {
    subject: device,
    hint: "name a device like /dev/ttyS0 or /dev/ttyUSB0",
  });
}

/** Wait, but not longer than the signal allows; what comes later is given to `release`. */
function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  release: (late: T) => Promise<void>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      reject(ConfedError.from(signal.reason, "canceled"));
    };
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    work
      .then((value) => {
        if (signal.aborted) return release(value);
        resolve(value);
        return undefined;
      })
      .catch(reject)
      .finally(() => {
        signal.removeEventListener("abort", onAbort);
      });
  });
}

const openFd = promisify(open) as (path: string, flags: number) => Promise<number>;
const closeFd = promisify(close);
