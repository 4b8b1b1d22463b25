// From proto/confed/v1/console.proto

export const ConsoleSource = {
  CONSOLE_SOURCE_UNSPECIFIED: 'CONSOLE_SOURCE_UNSPECIFIED',
  FILE: 'FILE',
  HEAD: 'HEAD',
  FILE_OVER_HEAD: 'FILE_OVER_HEAD',
} as const;

export type ConsoleSource =
  | 'CONSOLE_SOURCE_UNSPECIFIED'
  | 0
  | 'FILE'
  | 1
  | 'HEAD'
  | 2
  | 'FILE_OVER_HEAD'
  | 3

export type ConsoleSourceReceived = typeof ConsoleSource[keyof typeof ConsoleSource]
