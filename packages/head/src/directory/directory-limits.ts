/** What agents may make a head remember, with the reasons. Beyond it a join is refused by name. */
export const DIRECTORY_LIMITS = {
  /** Shards of the largest site several times over. */
  agentsMax: 1_000,
  /** An agent is designed for 10,000; a head that joins a parent speaks for a whole site. */
  consolesPerAgentMax: 100_000,
  /** About 1 KB each: 250 MB, which a head can hold. */
  consolesMax: 250_000,
  /** Networks of one host. */
  addressesMax: 16,
  addressLengthMax: 300,
  versionLengthMax: 64,
  instanceLengthMax: 128,
} as const;

/**
 * Bounds of one status. Together they keep it under 64 KiB even if every character takes three
 * bytes, so that any page can hold at least one. What is longer is cut, what is more is left out:
 * a status is for looking at.
 */
export const STATUS_LIMITS = {
  labelsMax: 32,
  labelKeyLengthMax: 64,
  labelValueLengthMax: 128,
  groupsMax: 32,
  groupLengthMax: 64,
  /** As many as an agent lists; it counts the rest. */
  viewersMax: 64,
  sessionIdLengthMax: 48,
  subjectLengthMax: 96,
  transportLengthMax: 32,
  targetLengthMax: 256,
  logPathLengthMax: 512,
  descriptionLengthMax: 256,
  linkLengthMax: 256,
  messageLengthMax: 500,
  contextLengthMax: 256,
} as const;
