// From proto/confed/v1/console.proto

import type { Position as _confed_v1_Position, PositionReceived as _confed_v1_PositionReceived } from '../../confed/v1/Position.ts';

export interface TailName {
  'number'?: (number);
  'console'?: (string);
  'start'?: (_confed_v1_Position | null);
}

export interface TailNameReceived {
  'number': (number);
  'console': (string);
  'start': (_confed_v1_PositionReceived | null);
}
