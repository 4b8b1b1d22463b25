import { ConfedError } from "@confed/kernel";
import { TELNET_OPTION } from "./telnet-codes.ts";
import { encodeSubnegotiation } from "./telnet-encoder.ts";

/** How a serial port behind a terminal server is to be set; what is not named is left as it is. */
export interface ComPortSettings {
  readonly baud?: number | undefined;
  readonly dataBits?: 5 | 6 | 7 | 8 | undefined;
  readonly parity?: "none" | "odd" | "even" | "mark" | "space" | undefined;
  readonly stopBits?: 1 | 1.5 | 2 | undefined;
}

/** Commands of RFC 2217 as a client sends them; a server's carry the same number + 100. */
export const COM_PORT = {
  setBaud: 1,
  setDataBits: 2,
  setParity: 3,
  setStopBits: 4,
  setControl: 5,
  notifyLineState: 6,
  notifyModemState: 7,
  flowControlSuspend: 8,
  flowControlResume: 9,
} as const;

/** What a server adds to the number of a command. */
export const COM_PORT_SERVER_OFFSET = 100;

/** Values of SET-CONTROL that we send or heed. */
export const COM_PORT_CONTROL = { breakOn: 5, breakOff: 6 } as const;

/** One message of RFC 2217; `command` is the client's number also where a server sent it. */
export interface ComPortMessage {
  readonly command: number;
  readonly from: "client" | "server";
  /** The value as an unsigned number; 0 means "which?" in a client's SET messages. */
  readonly value: number;
}

/** The messages that ask a server for `settings`. Throws "invalid_argument" for a rate that RFC 2217 cannot carry. */
export function comPortRequests(settings: ComPortSettings): readonly ComPortMessage[] {
  const { baud, dataBits, parity, stopBits } = settings;
  if (baud !== undefined && !(Number.isInteger(baud) && baud > 0 && baud <= 0xffff_ffff)) {
    const hint = "use bits per second, such as 115200";
    throw new ConfedError("invalid_argument", `baud ${baud} is not a rate`, { subject: "baud", hint });
  }
  const wanted: readonly (readonly [number, number | undefined])[] = [
    [COM_PORT.setBaud, baud],
    [COM_PORT.setDataBits, dataBits],
    [COM_PORT.setParity, parity === undefined ? undefined : PARITIES.indexOf(parity) + 1],
    [COM_PORT.setStopBits, stopBits === undefined ? undefined : STOP_BITS.indexOf(stopBits) + 1],
  ];
  return wanted.flatMap(([command, value]) =>
    value === undefined ? [] : [{ command, from: "client", value }],
  );
}

/** A message as it goes on the wire, IAC SB to IAC SE. */
export function encodeComPort({ command, from, value }: ComPortMessage): Uint8Array {
  const number = command + (from === "server" ? COM_PORT_SERVER_OFFSET : 0);
  const bytes = valueBytes(command);
  const content = new Uint8Array(1 + bytes);
  content[0] = number;
  for (let at = bytes; at > 0; at -= 1) content[at] = Math.floor(value / 256 ** (bytes - at)) % 256;
  return encodeSubnegotiation(TELNET_OPTION.comPort, content);
}

/** The message in the content of a COM-PORT subnegotiation; undefined for signatures and what RFC 2217 does not know. */
export function parseComPort(content: Uint8Array): ComPortMessage | undefined {
  const [number] = content;
  if (number === undefined) return undefined;
  const from = number >= COM_PORT_SERVER_OFFSET ? "server" : "client";
  const command = number - (from === "server" ? COM_PORT_SERVER_OFFSET : 0);
  if (command < COM_PORT.setBaud || command > COMMAND_MAX || content.length !== 1 + valueBytes(command))
    return undefined;
  return { command, from, value: content.subarray(1).reduce((value, byte) => value * 256 + byte, 0) };
}

/** A setting in words, for messages to an operator: "baud 9600", "parity even". */
export function describeComPort({ command, value }: ComPortMessage): string {
  switch (command) {
    case COM_PORT.setBaud:
      return `baud ${value}`;
    case COM_PORT.setDataBits:
      return `data bits ${value}`;
    case COM_PORT.setParity:
      return `parity ${PARITIES[value - 1] ?? `number ${value}`}`;
    case COM_PORT.setStopBits:
      return `stop bits ${STOP_BITS[value - 1] ?? `number ${value}`}`;
    default:
      return `command ${command} value ${value}`;
  }
}

const PARITIES = ["none", "odd", "even", "mark", "space"] as const;
const STOP_BITS = [1, 2, 1.5] as const;
/** PURGE-DATA, the last of RFC 2217. */
const COMMAND_MAX = 12;

function valueBytes(command: number): number {
  if (command === COM_PORT.setBaud) return 4;
  return command === COM_PORT.flowControlSuspend || command === COM_PORT.flowControlResume ? 0 : 1;
}
