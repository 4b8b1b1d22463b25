import type ssh2 from "ssh2";

/**
 * The parts of ssh2 1.17.0 that nobody promises: its API has no RFC 4335 "break", and no way to
 * send a channel request of one's own. All use of them is in this file, each part is checked
 * before it is used, and without them a break is simply not supported.
 */
interface Internals {
  readonly _protocol?: {
    /** Set while keys are exchanged: packets are then queued as bare payloads. */
    readonly _kexinit?: unknown;
    _queue?: Buffer[] | undefined;
    readonly _cipher?: { encrypt?(packet: Buffer): void };
    readonly _packetRW?: {
      readonly write?: {
        readonly allocStart?: number;
        alloc?(length: number): Buffer;
        finalize?(packet: Buffer): Buffer;
      };
    };
  };
}

interface ChannelInternals {
  readonly outgoing?: { readonly id?: number; readonly packetSize?: number };
  /** Called in order, one for each CHANNEL_SUCCESS (false) or CHANNEL_FAILURE (true). */
  readonly _callbacks?: ((failed: boolean | Error) => void)[];
}

/**
 * Ask for a break of `durationMs` on a session (RFC 4335 section 3). `answered` is called with
 * true if the server has sent it, with false if it refused or the channel closed. Returns false,
 * having sent nothing, if this version of ssh2 has no way to do it.
 */
export function requestBreak(
  client: ssh2.Client,
  channel: ssh2.ClientChannel,
  durationMs: number,
  answered: (sent: boolean) => void,
): boolean {
  const protocol = (client as Internals)._protocol;
  const writer = protocol?._packetRW?.write;
  const { outgoing, _callbacks: callbacks } = channel as ChannelInternals;
  const start = writer?.allocStart;
  if (
    protocol === undefined ||
    writer?.alloc === undefined ||
    writer.finalize === undefined ||
    start === undefined
  )
    return false;
  if (outgoing?.id === undefined || callbacks === undefined || protocol._cipher?.encrypt === undefined)
    return false;

  const packet = writer.alloc(PAYLOAD_BYTES);
  let at = packet.writeUInt8(MSG_CHANNEL_REQUEST, start);
  at = packet.writeUInt32BE(outgoing.id, at);
  at = packet.writeUInt32BE(NAME.length, at);
  at += packet.write(NAME, at, "latin1");
  at = packet.writeUInt8(WANT_REPLY, at);
  packet.writeUInt32BE(durationMs, at);
  const finished = writer.finalize(packet);

  callbacks.push((failed) => {
    answered(failed === false);
  });
  if (protocol._kexinit === undefined) protocol._cipher.encrypt(finished);
  else (protocol._queue ??= []).push(finished);
  return true;
}

/** Bytes that wait for the end of a key exchange, which ssh2 counts nowhere. */
export function queuedBytes(client: ssh2.Client): number {
  const queue = (client as Internals)._protocol?._queue;
  if (!Array.isArray(queue)) return 0;
  return queue.reduce((sum, packet) => sum + packet.length, 0);
}

/** The largest packet the server takes on this channel; undefined if ssh2 does not tell. */
export function packetBytesMax(channel: ssh2.ClientChannel): number | undefined {
  return (channel as ChannelInternals).outgoing?.packetSize;
}

const MSG_CHANNEL_REQUEST = 98;
const NAME = "break";
const WANT_REPLY = 1;
/** Type, channel, name with length, want-reply, duration. */
const PAYLOAD_BYTES = 1 + 4 + 4 + NAME.length + 1 + 4;
