import { isIP, isIPv4 } from "node:net";
import { ConfedError } from "./errors.ts";

/** Where something listens. `host` is a name or an address, IPv6 without brackets. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** What `parseHostPort` may assume. */
export interface HostPortOptions {
  /** The port where the text names none; without it the text must name one. */
  readonly defaultPort?: number | undefined;
  /** True for listeners, where port 0 lets the system choose. */
  readonly zeroPort?: boolean | undefined;
}

// RFC 1123 labels, with the underscore that real sites use.
const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62}))*\.?$/;
const ONLY_DIGITS_AND_DOTS = /^[0-9.]+$/;
const LOOPBACK_V6 = /^(?:0{0,4}:){2,7}0{0,3}1$/;

/**
 * Read `host`, `host:port`, `[::1]:port`, `[::1]` or a bare IPv6 address. Throws
 * "invalid_argument" saying what is wrong with it. A number instead of options is the default port.
 */
export function parseHostPort(text: string, options: HostPortOptions | number = {}): HostPort {
  const { defaultPort, zeroPort = false } = typeof options === "number" ? { defaultPort: options } : options;
  const { host, portText } = split(text);
  if (!isHost(host)) throw malformed(text, `${JSON.stringify(host)} is neither a host name nor an address`);
  if (portText === undefined) {
    if (defaultPort === undefined) throw malformed(text, "the port is missing");
    return Object.freeze({ host, port: defaultPort });
  }
  const port = Number(portText);
  if (!/^[0-9]{1,5}$/.test(portText) || port > 65_535 || (port === 0 && !zeroPort)) {
    throw malformed(text, `the port must be a number from ${zeroPort ? 0 : 1} to 65535`);
  }
  return Object.freeze({ host, port });
}

/** The inverse of {@link parseHostPort}; brackets an IPv6 address. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** True for a host name, an IPv4 address or an IPv6 address without brackets (a zone is allowed). */
export function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true;
  // 10.0.0.300 is a typing error, not a name to ask the name server for.
  return HOST_NAME.test(text) && !ONLY_DIGITS_AND_DOTS.test(text);
}

/** True for what no other machine can reach: 127.0.0.0/8, ::1 and `localhost`. */
export function isLoopbackHost(host: string): boolean {
  if (isIPv4(host)) return host.startsWith("127.");
  return host.toLowerCase() === "localhost" || (isIP(host) === 6 && LOOPBACK_V6.test(host));
}

function split(text: string): { readonly host: string; readonly portText: string | undefined } {
  if (text.startsWith("[")) {
    const close = text.indexOf("]");
    const host = text.slice(1, close);
    const rest = text.slice(close + 1);
    if (close === -1 || isIP(host) !== 6 || (rest !== "" && !rest.startsWith(":"))) {
      throw malformed(text, "brackets must hold an IPv6 address");
    }
    return { host, portText: rest === "" ? undefined : rest.slice(1) };
  }
  const colon = text.indexOf(":");
  // Two colons or more: a bare IPv6 address, which can carry no port.
  if (colon === -1 || text.includes(":", colon + 1)) return { host: text, portText: undefined };
  return { host: text.slice(0, colon), portText: text.slice(colon + 1) };
}

function malformed(text: string, why: string): ConfedError {
  return new ConfedError(
    "invalid_argument",
    `${JSON.stringify(text.slice(0, 300))} is not an address: ${why}`,
    {
      hint: 'write "host:port", or "[::1]:port" for IPv6',
    },
  );
}
