/** One SOL packet; IPMI 2.0, table 15-2. The same form both ways, with other bits. */
export interface SolPacket {
  /** 1 to 15, or 0: nothing but an acknowledgement. */
  readonly sequence: number;
  /** The packet that is acknowledged; 0 for none. */
  readonly ackSequence: number;
  /** How many characters of it were taken. */
  readonly accepted: number;
  /** {@link SOL_OPERATION} to the BMC, {@link SOL_STATUS} from it. */
  readonly bits: number;
  /** A view into what was parsed. */
  readonly characters: Uint8Array;
}

/** From the console to the BMC. */
export const SOL_OPERATION = {
  nack: 0x40,
  ring: 0x20,
  generateBreak: 0x10,
  pause: 0x08,
  dropCarrier: 0x04,
  flushInbound: 0x02,
  flushOutbound: 0x01,
} as const;

/** From the BMC to the console. */
export const SOL_STATUS = {
  nack: 0x40,
  /** The host is off, or its serial port is another's. */
  unavailable: 0x20,
  /** SOL ends: somebody else took it, or switched it off. */
  deactivated: 0x10,
  /** The host printed more than the BMC could hold. */
  overrun: 0x08,
  breakDetected: 0x04,
} as const;

export const SOL_LIMITS = {
  /** Two numbers, a count and the bits. */
  headerBytes: 4,
  /** `accepted` is one byte. */
  charactersMax: 255,
  /** Where a BMC names no size that can be: what the smallest take. */
  charactersAssumed: 32,
  /** The smallest payload that carries a character. */
  payloadBytesMin: 5,
  /** With more characters than this one packet could not be acknowledged. */
  payloadBytesMax: 259,
  /** Four bits. */
  sequenceMax: 15,
} as const;

export function encodeSolPacket(packet: SolPacket): Uint8Array {
  const payload = new Uint8Array(SOL_LIMITS.headerBytes + packet.characters.length);
  payload.set([packet.sequence, packet.ackSequence, packet.accepted, packet.bits]);
  payload.set(packet.characters, SOL_LIMITS.headerBytes);
  return payload;
}

/** Undefined for what is too short to be one: some BMCs send such, and mean nothing by it. */
export function parseSolPacket(payload: Uint8Array): SolPacket | undefined {
  const [sequence, ackSequence, accepted, bits] = payload;
  if (sequence === undefined || ackSequence === undefined) return undefined;
  if (accepted === undefined || bits === undefined) return undefined;
  return {
    sequence: sequence & 0x0f,
    ackSequence: ackSequence & 0x0f,
    accepted,
    bits,
    characters: payload.subarray(SOL_LIMITS.headerBytes),
  };
}

/** The number after this one: 1 to 15, and round. */
export function nextSolSequence(sequence: number): number {
  return sequence >= SOL_LIMITS.sequenceMax ? 1 : sequence + 1;
}

/** How many characters a packet to this BMC may have, by what it says of its payloads; many say nonsense. */
export function solCharactersMax(payloadBytes: number): number {
  const { payloadBytesMin, payloadBytesMax, headerBytes, charactersAssumed } = SOL_LIMITS;
  const sane = payloadBytes >= payloadBytesMin && payloadBytes <= payloadBytesMax;
  return sane ? payloadBytes - headerBytes : charactersAssumed - headerBytes;
}
