// From proto/confed/v1/console.proto

import type { Long } from '@grpc/proto-loader';

export interface TailBatch {
  'consoles'?: (number)[];
  'offsets'?: (number | string | Long)[];
  'lengths'?: (number)[];
  'data'?: (Buffer | Uint8Array | string);
}

export interface TailBatchReceived {
  'consoles': (number)[];
  'offsets': (number)[];
  'lengths': (number)[];
  'data': (Buffer);
}
