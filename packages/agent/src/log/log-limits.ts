/** Bounds of the way from a console to its log, with their reasons. */
export const LOG_LIMITS = {
  /** One arena: about a second of 80 consoles at 115200 baud, one pipe write of some ms. */
  arenaBytes: 1024 * 1024,
  /** All arenas of a shard: what a hung disk may cost in memory before bytes become gaps. */
  arenaCountMax: 256,
  /** Arenas on their way at which nobody is read by the clock while the log keeps up: they lose nothing by waiting. */
  arenaCountHigh: 192,
  /** How long output may wait in the arena before it goes to the writer and to tails. */
  flushDelayMs: 100,
  /** What does not wait that long: the writer's work in pieces of 20 ms, or a byte is in its log too late. */
  flushBytes: 256 * 1024,
  /** Output older than this that the writer has not acknowledged: the log is late. */
  lateAfterMs: 1_000,
  /** Output older than this that the writer has not acknowledged: the log is stalled, and shown so. */
  stalledAfterMs: 5_000,
  /** What one console may have unlogged while the log is late; beyond it, its own bytes become a gap. */
  backlogBytesMax: 256 * 1024,
  /** What all consoles together may have kept for a disk that refuses it; beyond it, gaps. */
  backlogsBytesMax: 256 * 1024 * 1024,
  /** What one console may have unlogged while the log keeps up; beyond it, its own link is paused. */
  inFlightBytesMax: 1024 * 1024,
  /** What all together shall have unlogged while the log keeps up: each console's share of it is a bound, too. */
  inFlightBytesAll: 64 * 1024 * 1024,
  /** The least share: a line or two, whatever the number of consoles. */
  inFlightBytesMin: 16 * 1024,
  /** What a console whose link cannot be paused (exec) may have unlogged; beyond it, a gap. */
  floodBytesMax: 8 * 1024 * 1024,
  /** Offsets reserved ahead on disk, so that none is used twice after an unclean stop. */
  reservationBytes: 16 * 1024 * 1024,
  /** What remains of a reservation when the next is asked for. */
  reservationBytesLow: 8 * 1024 * 1024,
  /** One frame on the writer's pipe: an arena and its header, or a list of commands. */
  frameBytesMax: 8 * 1024 * 1024,
  /** One file of the journal; two are there at most, and one more batch. */
  journalFileBytes: 32 * 1024 * 1024,
  /** Log and index files the writer keeps open. Of its own descriptors: links are in another process. */
  openFilesMax: 8_000,
  /** How long a clean stop waits for the log before it gives up and says so. */
  stopTimeoutMs: 5_000,
} as const;
