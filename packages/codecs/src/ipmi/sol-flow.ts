import { nextSolSequence, SOL_STATUS, type SolPacket } from "./sol-packet.ts";

// HOW AND WHY
//
// SOL is stop-and-wait in each direction: one packet with a number from 1 to 15 is under way, and the
// next one goes when it was acknowledged. The characters lie in a queue of the caller; here they are
// only counted, so that a step is cheap to take and easy to draw.
//
//   queue   | a b c d e f g h i j ...            `breaks: [7]`: a break goes before h
//            \_____/\_______/
//          sent.count   waits
//
// BMCs differ in what they do when something goes wrong. What all of them survive:
//
// - Numbers are consecutive. OpenBMC drops any other without an answer.
// - What is sent again has the same number and the same characters.
// - Whatever comes is acknowledged in full and at once, also an empty packet: a partial acknowledgement
//   makes OpenBMC send everything again for ever, and a NACK for an empty packet silences ipmi_sim.
// - A packet that repeats the last number may have more characters than before: only those are new.
// - "Accepted" may be less than what was sent: the rest goes under the next number. More than what was
//   sent is a memory of an earlier session and means nothing.
// - The first packet of a session is empty: it proves the way, and takes the place of the first number,
//   which ipmi_sim may take for that of its last session. Whether it is answered does not matter.

/** The flow of one SOL session. Plain data. */
export interface SolFlow {
  readonly charactersMax: number;
  /** FreeIPMI's `solpacketseq`: a packet that is not acknowledged goes once more under the next number. */
  readonly advanceStuck: boolean;
  readonly nextSequence: number;
  readonly sent: SolSent | undefined;
  /** Characters that the BMC has not accepted, those of `sent` included. */
  readonly queuedBytes: number;
  /** For every break that waits, how many characters go before it. */
  readonly breaks: readonly number[];
  /** The BMC takes nothing at the moment: the timer runs until it is asked again. */
  readonly waiting: boolean;
  /** How often in a row it took nothing. */
  readonly refusals: number;
  readonly lastSequence: number;
  readonly lastLength: number;
  readonly hostOff: boolean;
}

/** The packet that is under way. */
export interface SolSent {
  readonly kind: "probe" | "data" | "break";
  readonly sequence: number;
  /** Characters, from the start of the queue. */
  readonly count: number;
  readonly tries: number;
}

export type SolEvent =
  /** So many characters were put at the end of the queue. */
  | { readonly type: "queued"; readonly bytes: number }
  /** A break, behind what is in the queue. */
  | { readonly type: "break" }
  | { readonly type: "packet"; readonly packet: SolPacket }
  /** The flow's timer fired. */
  | { readonly type: "due" };

export type SolEffect =
  /** The first `count` characters of the queue, or a break, under this number. */
  | { readonly type: "send"; readonly sequence: number; readonly count: number; readonly isBreak: boolean }
  | { readonly type: "ack"; readonly sequence: number; readonly length: number }
  /** The characters of the packet from here on are new. */
  | { readonly type: "deliver"; readonly from: number }
  /** So many characters leave the queue, at its start. */
  | { readonly type: "accepted"; readonly count: number }
  /** The oldest break was taken, or never answered. */
  | { readonly type: "break_over"; readonly taken: boolean }
  | { readonly type: "arm"; readonly delayMs: number; readonly jitterMs: number }
  | { readonly type: "disarm" }
  /** Output is missing: the BMC could not hold it, or a number was left out. */
  | { readonly type: "lost"; readonly cause: "overrun" | "numbering" }
  | { readonly type: "host"; readonly off: boolean }
  /** A packet was sent again. */
  | { readonly type: "repeated" }
  /** The BMC ended SOL. */
  | { readonly type: "deactivated" }
  /** The BMC acknowledges nothing any more. */
  | { readonly type: "silent" };

export interface SolStep {
  readonly flow: SolFlow;
  readonly effects: readonly SolEffect[];
}

export const SOL_TIMES = {
  probeTriesMax: 2,
  probeAfterMs: 300,
  /** Eager repeats upset some BMCs. */
  repeatAfterMs: 500,
  repeatJitterMs: 500,
  dataTriesMax: 8,
  /** After so many tries `solpacketseq` takes the next number. */
  advanceAfterTries: 4,
  /** Some BMCs know no break. */
  breakTriesMax: 3,
  /** While it takes nothing: doubled every time. */
  refusedFirstMs: 50,
  refusedMsMax: 1_000,
} as const;

/** A flow whose SOL has just been activated: sends its first packet. */
export function beginSolFlow(
  options: Pick<SolFlow, "charactersMax"> & { readonly advanceStuck?: boolean },
): SolStep {
  const flow: SolFlow = {
    advanceStuck: false,
    ...options,
    nextSequence: 1,
    sent: undefined,
    queuedBytes: 0,
    breaks: [],
    waiting: false,
    refusals: 0,
    lastSequence: 0,
    lastLength: 0,
    hostOff: false,
  };
  const effects: SolEffect[] = [];
  return { flow: sendNew(flow, "probe", 0, effects), effects };
}

/** What follows from one event. No clock, no bytes, no mutation; a few small objects per packet. */
export function stepSolFlow(flow: SolFlow, event: SolEvent): SolStep {
  const effects: SolEffect[] = [];
  switch (event.type) {
    case "queued":
      return { flow: pump({ ...flow, queuedBytes: flow.queuedBytes + event.bytes }, effects), effects };
    case "break":
      return { flow: pump({ ...flow, breaks: [...flow.breaks, flow.queuedBytes] }, effects), effects };
    case "packet": {
      const { packet } = event;
      // The acknowledgement first, and what is delivered last: whoever gets it may write at once.
      if (packet.sequence !== 0) {
        effects.push({ type: "ack", sequence: packet.sequence, length: packet.characters.length });
      }
      return { flow: received(acknowledged(flow, packet, effects), packet, effects), effects };
    }
    case "due":
      return { flow: due(flow, effects), effects };
  }
}

function acknowledged(flow: SolFlow, packet: SolPacket, effects: SolEffect[]): SolFlow {
  const { sent } = flow;
  const refused = (packet.bits & SOL_STATUS.nack) !== 0;
  if (packet.ackSequence === 0) return flow;
  if (sent === undefined || packet.ackSequence !== sent.sequence) {
    // Late words about an older packet; but "go on" may come with them.
    return flow.waiting && !refused ? pump({ ...flow, waiting: false }, effects) : flow;
  }
  effects.push({ type: "disarm" });
  const answered = { ...flow, sent: undefined };
  if (sent.kind === "probe") return refused ? wait(answered, effects) : pump(answered, effects);
  if (sent.kind === "break") {
    return refused ? wait(answered, effects) : pump(breakOver(answered, true, effects), effects);
  }
  const accepted = packet.accepted > sent.count ? 0 : packet.accepted;
  if (accepted > 0) effects.push({ type: "accepted", count: accepted });
  const rest = {
    ...answered,
    queuedBytes: flow.queuedBytes - accepted,
    breaks: flow.breaks.map((before) => before - accepted),
  };
  return refused || accepted === 0 ? wait(rest, effects) : pump({ ...rest, refusals: 0 }, effects);
}

function received(flow: SolFlow, packet: SolPacket, effects: SolEffect[]): SolFlow {
  const { sequence, bits } = packet;
  const { length } = packet.characters;
  const isRepeat = sequence !== 0 && sequence === flow.lastSequence;
  const hostOff = (bits & SOL_STATUS.unavailable) !== 0;
  const next: SolFlow = hostOff === flow.hostOff ? flow : { ...flow, hostOff };
  if (hostOff !== flow.hostOff) effects.push({ type: "host", off: hostOff });
  if (!isRepeat && (bits & SOL_STATUS.overrun) !== 0) effects.push({ type: "lost", cause: "overrun" });
  if ((bits & SOL_STATUS.deactivated) !== 0) effects.push({ type: "deactivated" });
  if (sequence === 0) return next;
  const isNext = flow.lastSequence === 0 || sequence === nextSolSequence(flow.lastSequence);
  if (!isRepeat && !isNext) effects.push({ type: "lost", cause: "numbering" });
  const from = isRepeat ? flow.lastLength : 0;
  if (length > from) effects.push({ type: "deliver", from });
  return { ...next, lastSequence: sequence, lastLength: Math.max(from, length) };
}

function due(flow: SolFlow, effects: SolEffect[]): SolFlow {
  const { sent } = flow;
  if (sent === undefined) return pump({ ...flow, waiting: false }, effects);
  const { probeTriesMax, breakTriesMax, dataTriesMax, advanceAfterTries } = SOL_TIMES;
  if (sent.kind === "probe" && sent.tries >= probeTriesMax) {
    return pump({ ...flow, sent: undefined }, effects);
  }
  if (sent.kind === "break" && sent.tries >= breakTriesMax) {
    return pump(breakOver({ ...flow, sent: undefined }, false, effects), effects);
  }
  if (sent.tries >= dataTriesMax) {
    effects.push({ type: "silent" });
    return flow;
  }
  const advance = flow.advanceStuck && sent.kind === "data" && sent.tries === advanceAfterTries;
  const sequence = advance ? flow.nextSequence : sent.sequence;
  const nextSequence = advance ? nextSolSequence(sequence) : flow.nextSequence;
  effects.push({ type: "repeated" });
  return send({ ...flow, nextSequence }, { ...sent, sequence, tries: sent.tries + 1 }, effects);
}

/** Send the next packet, if one may be sent and there is something to send. */
function pump(flow: SolFlow, effects: SolEffect[]): SolFlow {
  if (flow.sent !== undefined || flow.waiting) return flow;
  const [beforeBreak] = flow.breaks;
  if (beforeBreak === 0) return sendNew(flow, "break", 0, effects);
  const count = Math.min(flow.queuedBytes, flow.charactersMax, beforeBreak ?? flow.charactersMax);
  return count === 0 ? flow : sendNew(flow, "data", count, effects);
}

function sendNew(flow: SolFlow, kind: SolSent["kind"], count: number, effects: SolEffect[]): SolFlow {
  const sequence = flow.nextSequence;
  const numbered = { ...flow, nextSequence: nextSolSequence(sequence) };
  return send(numbered, { kind, sequence, count, tries: 1 }, effects);
}

function send(flow: SolFlow, sent: SolSent, effects: SolEffect[]): SolFlow {
  const { kind, sequence, count } = sent;
  const { probeAfterMs, repeatAfterMs, repeatJitterMs } = SOL_TIMES;
  effects.push({ type: "send", sequence, count, isBreak: kind === "break" });
  effects.push(
    kind === "probe"
      ? { type: "arm", delayMs: probeAfterMs, jitterMs: 0 }
      : { type: "arm", delayMs: repeatAfterMs, jitterMs: repeatJitterMs },
  );
  return { ...flow, sent };
}

function wait(flow: SolFlow, effects: SolEffect[]): SolFlow {
  const { refusedFirstMs, refusedMsMax } = SOL_TIMES;
  // 2 to the fifth is beyond the most: the exponent need not grow further.
  const delayMs = Math.min(refusedMsMax, refusedFirstMs * 2 ** Math.min(flow.refusals, 5));
  effects.push({ type: "arm", delayMs, jitterMs: 0 });
  return { ...flow, waiting: true, refusals: flow.refusals + 1 };
}

function breakOver(flow: SolFlow, taken: boolean, effects: SolEffect[]): SolFlow {
  effects.push({ type: "break_over", taken });
  return { ...flow, breaks: flow.breaks.slice(1) };
}
