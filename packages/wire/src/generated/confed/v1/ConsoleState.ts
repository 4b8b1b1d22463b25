// From proto/confed/v1/console.proto

export const ConsoleState = {
  CONSOLE_STATE_UNSPECIFIED: 'CONSOLE_STATE_UNSPECIFIED',
  IDLE: 'IDLE',
  CONNECTING: 'CONNECTING',
  CONNECTED: 'CONNECTED',
  WAITING: 'WAITING',
  STOPPED: 'STOPPED',
  UNREACHABLE: 'UNREACHABLE',
  CONFLICT: 'CONFLICT',
} as const;

export type ConsoleState =
  | 'CONSOLE_STATE_UNSPECIFIED'
  | 0
  | 'IDLE'
  | 1
  | 'CONNECTING'
  | 2
  | 'CONNECTED'
  | 3
  | 'WAITING'
  | 4
  | 'STOPPED'
  | 5
  | 'UNREACHABLE'
  | 6
  | 'CONFLICT'
  | 7

export type ConsoleStateReceived = typeof ConsoleState[keyof typeof ConsoleState]
