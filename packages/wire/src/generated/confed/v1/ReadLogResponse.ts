// From proto/confed/v1/console.proto

import type { LogChunk as _confed_v1_LogChunk, LogChunkReceived as _confed_v1_LogChunkReceived } from '../../confed/v1/LogChunk.ts';
import type { Gap as _confed_v1_Gap, GapReceived as _confed_v1_GapReceived } from '../../confed/v1/Gap.ts';
import type { Position as _confed_v1_Position, PositionReceived as _confed_v1_PositionReceived } from '../../confed/v1/Position.ts';

export interface ReadLogResponse {
  'chunk'?: (_confed_v1_LogChunk | null);
  'gap'?: (_confed_v1_Gap | null);
  'end'?: (_confed_v1_Position | null);
  'message'?: "chunk"|"gap"|"end";
}

export interface ReadLogResponseReceived {
  'chunk'?: (_confed_v1_LogChunkReceived | null);
  'gap'?: (_confed_v1_GapReceived | null);
  'end'?: (_confed_v1_PositionReceived | null);
  'message'?: "chunk"|"gap"|"end";
}
