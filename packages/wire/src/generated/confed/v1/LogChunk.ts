// From proto/confed/v1/console.proto

import type { Long } from '@grpc/proto-loader';

export interface LogChunk {
  'offset'?: (number | string | Long);
  'data'?: (Buffer | Uint8Array | string);
  'wallTimeMs'?: (number | string | Long);
}

export interface LogChunkReceived {
  'offset': (number);
  'data': (Buffer);
  'wallTimeMs': (number);
}
