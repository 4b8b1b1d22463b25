// From proto/confed/v1/console.proto

export const EventKind = {
  EVENT_KIND_UNSPECIFIED: 'EVENT_KIND_UNSPECIFIED',
  STATE: 'STATE',
  VIEWER_CAME: 'VIEWER_CAME',
  VIEWER_LEFT: 'VIEWER_LEFT',
  WRITER_CHANGED: 'WRITER_CHANGED',
  BREAK_SENT: 'BREAK_SENT',
  NOTICE: 'NOTICE',
} as const;

export type EventKind =
  | 'EVENT_KIND_UNSPECIFIED'
  | 0
  | 'STATE'
  | 1
  | 'VIEWER_CAME'
  | 2
  | 'VIEWER_LEFT'
  | 3
  | 'WRITER_CHANGED'
  | 4
  | 'BREAK_SENT'
  | 5
  | 'NOTICE'
  | 6

export type EventKindReceived = typeof EventKind[keyof typeof EventKind]
