/** Command bytes of RFC 854, each preceded by IAC on the wire. */
export const TELNET = {
  se: 240,
  nop: 241,
  brk: 243,
  ayt: 246,
  sb: 250,
  will: 251,
  wont: 252,
  do: 253,
  dont: 254,
  iac: 255,
} as const;

/** The options we know by name; every other one is refused by number. */
export const TELNET_OPTION = {
  /** RFC 856. */
  binary: 0,
  /** RFC 857. */
  echo: 1,
  /** RFC 858. */
  suppressGoAhead: 3,
  /** RFC 1091. */
  terminalType: 24,
  /** RFC 1073. */
  windowSize: 31,
  /** RFC 2217. */
  comPort: 44,
} as const;

/** The four words of option negotiation. */
export type TelnetVerb = "will" | "wont" | "do" | "dont";
