import type { GuardedServer } from "./guarded-server.ts";
import { FLAG, FRAME, frame, grpcMessage } from "./raw-http2.ts";

const ATTACH = "/confed.v1.Agent/Attach";
/** Each connection carries so many attaches before it is cut, as a head's relays or a script's would. */
const PER_CONNECTION = 10;
/** Connections at a time. */
const AT_ONCE = 8;

/**
 * Attach `count` times and vanish in the middle of it: half of the connections are cut without a word, the
 * others end their calls in an orderly way; every fifth is cut during its handshake.
 */
export async function attachAndVanish(server: GuardedServer, count: number): Promise<void> {
  let left = count;
  const one = async (index: number) => {
    if (index % 5 === 0) {
      const early = await server.hostile({ certified: true, preface: false });
      early.destroy();
    }
    const raw = await server.hostile({ certified: true });
    const streams = Array.from({ length: PER_CONNECTION }, () => {
      const stream = raw.call(ATTACH);
      raw.write(frame(FRAME.data, 0, stream, grpcMessage(OPEN)));
      return stream;
    });
    const last = streams.at(-1);
    // Opened: the hello and what was opened have come.
    await raw.received(({ type, stream }) => type === FRAME.data && stream === last);
    if (index % 2 === 0) {
      for (const stream of streams) raw.write(frame(FRAME.data, FLAG.endStream, stream));
      await raw.received(
        ({ type, stream, flags }) =>
          type === FRAME.headers && stream === last && (flags & FLAG.endStream) !== 0,
      );
    }
    raw.destroy();
  };
  const worker = async () => {
    while (left > 0) {
      left -= PER_CONNECTION;
      await one(left / PER_CONNECTION);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** AttachRequest { open: { console: "n1" } }: field 1, then field 1. */
const OPEN = Buffer.from([0x0a, 0x04, 0x0a, 0x02, 0x6e, 0x31]);
