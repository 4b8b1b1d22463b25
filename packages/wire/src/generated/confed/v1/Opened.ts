// From proto/confed/v1/console.proto

import type { ViewerMode as _confed_v1_ViewerMode, ViewerModeReceived as _confed_v1_ViewerModeReceived } from '../../confed/v1/ViewerMode.ts';
import type { ConsoleStatus as _confed_v1_ConsoleStatus, ConsoleStatusReceived as _confed_v1_ConsoleStatusReceived } from '../../confed/v1/ConsoleStatus.ts';
import type { Position as _confed_v1_Position, PositionReceived as _confed_v1_PositionReceived } from '../../confed/v1/Position.ts';

export interface Opened {
  'sessionId'?: (string);
  'mode'?: (_confed_v1_ViewerMode);
  'status'?: (_confed_v1_ConsoleStatus | null);
  'start'?: (_confed_v1_Position | null);
  'resumeToken'?: (Buffer | Uint8Array | string);
  'writer'?: (string);
  'subject'?: (string);
  'readOnly'?: (string);
}

export interface OpenedReceived {
  'sessionId': (string);
  'mode': (_confed_v1_ViewerModeReceived);
  'status': (_confed_v1_ConsoleStatusReceived | null);
  'start': (_confed_v1_PositionReceived | null);
  'resumeToken': (Buffer);
  'writer': (string);
  'subject': (string);
  'readOnly': (string);
}
