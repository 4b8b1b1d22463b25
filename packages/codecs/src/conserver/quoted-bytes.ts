/** What stands behind the quote in conserver's streams. */
export const QUOTED = {
  /** To a client: suspend yourself. */
  suspend: 0x5a,
  /** To a client: ask for another console. */
  goto: 0x47,
  /** To a client: start a local command. From it: the command runs. */
  exec: 0x45,
  /** From a client: the command has ended. To it: end it. */
  abort: 0x2e,
} as const;

/** What came, with the quoting taken off. */
export type QuotedEvent =
  /** A view into the bytes just fed, never empty: valid during the call. */
  | { readonly type: "data"; readonly bytes: Uint8Array }
  /** One of {@link QUOTED}. */
  | { readonly type: "command"; readonly command: number };

const QUOTE = 0xff;

/**
 * Takes conserver's quoting off: FF FF is one FF, FF and a byte of {@link QUOTED} is a command, and FF before
 * anything else is nothing, as conserver's server has it. However the network split the bytes, they mean the same.
 * Costs a native search and one view for each run between quotes.
 */
export class QuotedDecoder {
  #quoted = false;

  *feed(bytes: Uint8Array): Generator<QuotedEvent> {
    let at = 0;
    while (at < bytes.length) {
      let start = at;
      if (this.#quoted) {
        this.#quoted = false;
        const byte = bytes[at] ?? QUOTE;
        at += 1;
        if (COMMANDS.has(byte)) {
          yield { type: "command", command: byte };
          continue;
        }
        // The byte itself is data, also where it is FF.
      } else start = at;
      const quote = bytes.indexOf(QUOTE, at);
      const end = quote < 0 ? bytes.length : quote;
      if (end > start) yield { type: "data", bytes: bytes.subarray(start, end) };
      if (quote >= 0) this.#quoted = true;
      at = end + 1;
    }
  }
}

const COMMANDS: ReadonlySet<number> = new Set(Object.values(QUOTED));

/** The bytes with every FF doubled: the same bytes if there is none. */
export function quoteBytes(bytes: Uint8Array): Uint8Array {
  let quotes = 0;
  for (let at = bytes.indexOf(QUOTE); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) quotes += 1;
  if (quotes === 0) return bytes;
  const quoted = new Uint8Array(bytes.length + quotes);
  let to = 0;
  for (const byte of bytes) {
    quoted[to++] = byte;
    if (byte === QUOTE) quoted[to++] = QUOTE;
  }
  return quoted;
}

/** A command for a client. */
export function quotedCommand(command: (typeof QUOTED)[keyof typeof QUOTED]): Uint8Array {
  return Uint8Array.of(QUOTE, command);
}
