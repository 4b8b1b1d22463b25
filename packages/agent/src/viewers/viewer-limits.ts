/** Bounds of viewers, with their reasons. */
export const VIEWER_LIMITS = {
  /** A class that watches one installation; each costs some 50 KiB and is told of each other. */
  perConsoleMax: 1_000,
  /** Named in a status, which must fit a page of 64 KiB; the rest is counted. */
  listedMax: 64,
  /** Unsent output of one viewer at which it skips to now: a minute of a fast serial line. */
  backlogBytesMax: 1024 * 1024,
  /** A viewer that takes nothing of what waits for it this long is let go: five heartbeats. */
  stuckMsMax: 10_000,
  /** A silent stream carries a heartbeat this often, so that a client knows to keep waiting. */
  heartbeatMs: 2_000,
  /** How long a fresh stream may take to say what it wants. */
  openTimeoutMs: 10_000,
  /** Input waiting in a link at which the viewer's stream is not read any further. */
  inputBytesHigh: 256 * 1024,
  /** Lines a viewer may ask to see again. */
  replayLinesMax: 10_000,
  /** Bytes of history shown at most when somebody attaches or replays. */
  replayBytesMax: 16 * 1024 * 1024,
} as const;
