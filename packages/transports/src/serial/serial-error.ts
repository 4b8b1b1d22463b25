import { ConfedError } from "@confed/kernel";

const BY_ID_HINT =
  "is it plugged in? Name it by its path under /dev/serial/by-id, which stays the same wherever it is plugged in";

/** The device was there and is not any more: unplugged, or its driver is gone. */
export function vanished(device: string, cause?: Error): ConfedError {
  return new ConfedError("device_missing", `serial device ${device} went away`, {
    subject: device,
    cause,
    hint: BY_ID_HINT,
  });
}

/** Why a device could not be opened, in words for an operator. */
export function serialOpenError(device: string, reason: unknown): ConfedError {
  if (reason instanceof ConfedError) return reason;
  const { code, message } = reason as NodeJS.ErrnoException;
  const context = { subject: device, cause: reason };
  if (code === "EACCES" || code === "EPERM") {
    const hint = "add the agent's user to the group of the device, usually dialout";
    return new ConfedError("permission_denied", `no permission to open serial device ${device}`, {
      ...context,
      hint,
    });
  }
  if (code === "EBUSY" || /busy|cannot lock port/i.test(message)) {
    const hint = `another program has it, or another console of this agent; "fuser -v ${device}" names the process`;
    return new ConfedError("conflict", `serial device ${device} is in use`, { ...context, hint });
  }
  if (code !== undefined && GONE.has(code)) {
    return new ConfedError("device_missing", `serial device ${device} does not exist`, {
      ...context,
      hint: BY_ID_HINT,
    });
  }
  return new ConfedError("unavailable", `cannot open serial device ${device}: ${message}`, context);
}

// errno(3) of a device node that is missing, or that has nothing behind it.
const GONE: ReadonlySet<string> = new Set(["ENOENT", "ENXIO", "ENODEV", "EIO", "ENOTDIR", "ELOOP"]);
