/** Bounds of everything that speaks gRPC, with their reasons. */
export const WIRE_LIMITS = {
  /** One message. Data messages keep to 64 KiB; control may be a little larger. */
  messageBytesMax: 256 * 1024,
  /** Payload of one data message or one page. */
  pageBytesMax: 64 * 1024,
  /**
   * Streams of one connection. Beyond it HTTP/2 queues silently and starves what comes after, so
   * it is far above what one head needs for its relays (10,000).
   */
  streamsPerConnectionMax: 10_000,
  /** Calls at once of one connection that is no machine's: a person looks at a few consoles, a script at some dozens. */
  callsPerUserConnectionMax: 256,
  /** Calls beyond it that are refused in words; whoever opens still more is refused by HTTP/2. */
  refusedCallsMax: 64,
  /**
   * Handed to HTTP/2 by one call before it has answered for it: enough to fill a window, little enough
   * to be forgotten; and of many calls of one connection at least so much each.
   */
  handedBytesMax: 128 * 1024,
  handedBytesMin: 16 * 1024,
  /** The same of all calls of one connection together: each has its share. */
  userHandedBytesMax: 4 * 1024 * 1024,
  machineHandedBytesMax: 64 * 1024 * 1024,
  /** The client's receive window per stream: bulk receivers are clients because only they can set it. */
  receiveWindowBytes: 1024 * 1024,
  /** From a TCP connection to the first word over it: a handshake on a line that is full takes a second or two. */
  answerTimeoutMs: 10_000,
  /** What was still to be sent over a connection that is closed, that its calls are over, is sent by then. */
  farewellMs: 1_000,
  /** The peer is taken for dead after this interval plus this wait without an answer. */
  keepaliveIntervalMs: 10_000,
  keepaliveTimeoutMs: 10_000,
} as const;
