/** Bounds of what arrives from the network before and beside any call, with their reasons. */
export const LISTEN_LIMITS = {
  /**
   * From the accept to a proven identity, or where everything is plain to a first call. Programs come
   * here, which need milliseconds; OpenSSH's two minutes are for people who type a password.
   */
  unprovenMsMax: 10_000,
  /**
   * Connections of nobody yet at once. At the cap the oldest silent one of the busiest source is
   * closed: newcomers are never refused, since a cap that refuses them is itself the attack.
   */
  unprovenMax: 20_000,
  /** The same of one source over TLS; a login node whose people start scripts has some dozens. */
  unprovenPerSourceMax: 64,
  /** Who has been there for less is not silent yet: a storm of real clients is read one by one. */
  silentAfterMs: 2_000,
  /** Whoever has not said hello by then is looked at and hung up on in turn: real clients say it at once. */
  promptMsMax: 250,
  /** How often those whose turn it is are looked at, and how many at least: 3 ms of work. */
  paceMs: 50,
  paceCountMin: 50,
  /** What a client may send before it is spoken to: one TLS record (RFC 8446, section 5.1) with its head. */
  firstBytesMax: 16_384 + 5,
  /** Penalty for breaking the protocol or flooding: such a peer is broken or hostile, and will be again. */
  crashPenaltyMs: 90_000,
  /** Penalty for letting the time to prove who it is go by. */
  gracePenaltyMs: 10_000,
  /** Penalty for a wrong password, token, ticket or certificate. */
  authPenaltyMs: 5_000,
  /** Penalty for going away without a word: a port scanner's, and now and then a health check's. */
  silencePenaltyMs: 1_000,
  /** Penalty for a handshake without a call: a client of several addresses does that, though not often. */
  idlePenaltyMs: 100,
  /** A source is shut out once its penalties reach this: one mistake is nobody's end. */
  shutOutFromMs: 15_000,
  /** Connections of such sources that wait to be hung up on; one more is hung up on at once. */
  shutOutHeldMax: 10_000,
  /** Never longer: addresses are given to others. */
  shutOutMsMax: 600_000,
  /** Sources that are remembered; the one that was blamed longest ago goes first. */
  sourcesMax: 65_536,
  /** How often traffic is looked at: what floods is hung up on about two looks later. */
  lookIntervalMs: 250,
  /**
   * Frames a second of a connection that nobody has proven yet, and at once. A login takes some
   * dozens. Frames are estimated: those of data, and 16 bytes of anything else each.
   */
  unprovenFramesPerSecond: 200,
  unprovenFramesBurst: 2_000,
  /** The same of a user: 20 calls at once, 30 times a second, or an attach that takes 100 MB/s. */
  userFramesPerSecond: 10_000,
  userFramesBurst: 20_000,
  /** The same of a machine: a head that relays for a thousand people. */
  machineFramesPerSecond: 100_000,
  machineFramesBurst: 200_000,
  /**
   * What HTTP/2 may hold for one connection of a user, beyond which it refuses calls. grpc-js takes
   * the number in millions of bytes.
   */
  userSessionMegabytesMax: 8,
  /** The same of a machine: 10,000 streams of relays take about 60 MB. */
  machineSessionMegabytesMax: 128,
  /** A call that has taken nothing of what is said to it for so long never will: its window is shut. */
  untakenMsMax: 10_000,
} as const;
