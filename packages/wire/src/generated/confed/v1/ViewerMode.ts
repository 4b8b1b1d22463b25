// From proto/confed/v1/console.proto

export const ViewerMode = {
  VIEWER_MODE_UNSPECIFIED: 'VIEWER_MODE_UNSPECIFIED',
  WRITE: 'WRITE',
  VIEW: 'VIEW',
} as const;

export type ViewerMode =
  | 'VIEWER_MODE_UNSPECIFIED'
  | 0
  | 'WRITE'
  | 1
  | 'VIEW'
  | 2

export type ViewerModeReceived = typeof ViewerMode[keyof typeof ViewerMode]
