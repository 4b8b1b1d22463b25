import type { Socket } from "node:net";
import { LISTEN_LIMITS } from "./listen-limits.ts";

/** What the first bytes say: wait for more, go on, or hang up. */
type Verdict = "more" | "good" | "bad";

/**
 * Call `then` once what a socket has sent so far is worth the memory of a TLS session (60 KB) or an
 * HTTP/2 session: until then a connection costs a socket, whether it drips or is silent. The bytes are
 * put back: whoever takes the socket over reads them.
 *
 * `turn` calls the look when it is this socket's turn, at once or later. A socket whose high water mark is 1 is not
 * read meanwhile, whatever it drips.
 */
export function awaitFirstBytes(
  socket: Socket,
  judge: (head: Buffer) => Verdict,
  then: (verdict: "good" | "bad") => void,
  turn: (look: () => void) => void = AT_ONCE,
): void {
  let seenBytes = 0;
  let isDue = false;
  const look = () => {
    isDue = false;
    if (socket.destroyed) return;
    // Putting bytes back makes the socket readable again: only more of them are news.
    if (socket.readableLength <= seenBytes) return;
    const head = socket.read() as Buffer | null;
    if (head === null) return;
    seenBytes = head.length;
    socket.unshift(head);
    const verdict = head.length > LISTEN_LIMITS.firstBytesMax && judge(head) === "more" ? "bad" : judge(head);
    if (verdict === "more") return;
    socket.off("readable", onReadable);
    then(verdict);
  };
  const onReadable = () => {
    if (isDue) return;
    isDue = true;
    turn(look);
  };
  socket.on("readable", onReadable);
}

/** A TLS handshake record (RFC 8446, section 5.1), whole: the ClientHello. */
export function judgeTls(head: Buffer): Verdict {
  if (head[0] !== HANDSHAKE || (head.length > 1 && head[1] !== 3)) return "bad";
  if (head.length < RECORD_HEAD_BYTES) return "more";
  return head.length < RECORD_HEAD_BYTES + head.readUInt16BE(3) ? "more" : "good";
}

/** HTTP/2's preface (RFC 9113, section 3.4), whole. */
export function judgeHttp2(head: Buffer): Verdict {
  const least = Math.min(head.length, PREFACE.length);
  if (head.compare(PREFACE, 0, least, 0, least) !== 0) return "bad";
  return head.length < PREFACE.length ? "more" : "good";
}

const AT_ONCE = (look: () => void) => {
  look();
};
const HANDSHAKE = 22;
const RECORD_HEAD_BYTES = 5;
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
