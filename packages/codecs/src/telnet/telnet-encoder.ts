import { TELNET, TELNET_OPTION, type TelnetVerb } from "./telnet-codes.ts";

const CR = 13;
const NUL = 0;

/**
 * Data as it goes on the wire so that the far end's console gets exactly `bytes`.
 *
 * IAC is doubled. Unless our direction is BINARY every CR becomes CR NUL, also before an LF: CR LF
 * is the NVT's "new line", of which many servers deliver one byte only, while CR NUL LF is CR, LF to
 * all of them. Needing no look-ahead, the result does not depend on how the input was split.
 *
 * Returns `bytes` themselves where nothing has to change, else a new array.
 */
export function encodeTelnetData(bytes: Uint8Array, { binary }: { readonly binary: boolean }): Uint8Array {
  const extraBytes = count(bytes, TELNET.iac) + (binary ? 0 : count(bytes, CR));
  if (extraBytes === 0) return bytes;
  const encoded = new Uint8Array(bytes.length + extraBytes);
  let to = 0;
  for (const byte of bytes) {
    encoded[to++] = byte;
    if (byte === TELNET.iac) encoded[to++] = TELNET.iac;
    else if (byte === CR && !binary) encoded[to++] = NUL;
  }
  return encoded;
}

/** IAC and a command that takes no option. */
export function encodeTelnetCommand(command: number): Uint8Array {
  return Uint8Array.of(TELNET.iac, command);
}

/** IAC, verb, option. */
export function encodeNegotiation(verb: TelnetVerb, option: number): Uint8Array {
  return Uint8Array.of(TELNET.iac, TELNET[verb], option);
}

/** IAC SB option ... IAC SE, with every IAC of the content doubled. */
export function encodeSubnegotiation(option: number, content: Uint8Array): Uint8Array {
  const escaped = encodeTelnetData(content, { binary: true });
  const encoded = new Uint8Array(escaped.length + 5);
  encoded.set([TELNET.iac, TELNET.sb, option]);
  encoded.set(escaped, 3);
  encoded.set([TELNET.iac, TELNET.se], escaped.length + 3);
  return encoded;
}

function count(bytes: Uint8Array, wanted: number): number {
  let found = 0;
  for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + 1)) found += 1;
  return found;
}

/** NAWS (RFC 1073): the size of a window, IAC SB to IAC SE. */
export function encodeWindow({
  columns,
  rows,
}: {
  readonly columns: number;
  readonly rows: number;
}): Uint8Array {
  const clamp = (cells: number) => Math.min(Math.max(Math.trunc(cells), 0), 0xffff);
  const [wide, high] = [clamp(columns), clamp(rows)];
  return encodeSubnegotiation(
    TELNET_OPTION.windowSize,
    Uint8Array.of(wide >> 8, wide & 255, high >> 8, high & 255),
  );
}

/** All of it in one piece; a single part as it is. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const joined = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
