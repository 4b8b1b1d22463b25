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
  /** Streams of one connection that is no machine's: a person looks at a few consoles, a script at some dozens. */
  streamsPerUserConnectionMax: 256,
  /** The client's receive window per stream: bulk receivers are clients because only they can set it. */
  receiveWindowBytes: 1024 * 1024,
  /** The peer is taken for dead after this interval plus this wait without an answer. */
  keepaliveIntervalMs: 10_000,
  keepaliveTimeoutMs: 10_000,
  /** Connections at once on one listener; the operating system's queue holds the rest. */
  connectionsMax: 20_000,
} as const;
