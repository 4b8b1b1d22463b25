// From proto/confed/v1/console.proto

export const GapReason = {
  GAP_REASON_UNSPECIFIED: 'GAP_REASON_UNSPECIFIED',
  AGENT_RESTART: 'AGENT_RESTART',
  LOG_STALLED: 'LOG_STALLED',
  LOG_TRUNCATED: 'LOG_TRUNCATED',
  ROTATED_AWAY: 'ROTATED_AWAY',
  LOG_RESET: 'LOG_RESET',
  READER_TOO_SLOW: 'READER_TOO_SLOW',
  DISK_FAILED: 'DISK_FAILED',
} as const;

export type GapReason =
  | 'GAP_REASON_UNSPECIFIED'
  | 0
  | 'AGENT_RESTART'
  | 1
  | 'LOG_STALLED'
  | 2
  | 'LOG_TRUNCATED'
  | 3
  | 'ROTATED_AWAY'
  | 4
  | 'LOG_RESET'
  | 5
  | 'READER_TOO_SLOW'
  | 6
  | 'DISK_FAILED'
  | 7

export type GapReasonReceived = typeof GapReason[keyof typeof GapReason]
