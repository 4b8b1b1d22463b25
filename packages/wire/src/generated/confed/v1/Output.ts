// From proto/confed/v1/console.proto

import type { Long } from '@grpc/proto-loader';

export interface Output {
  'offset'?: (number | string | Long);
  'endOffset'?: (number | string | Long);
  'data'?: (Buffer | Uint8Array | string);
  'replayed'?: (boolean);
}

export interface OutputReceived {
  'offset': (number);
  'endOffset': (number);
  'data': (Buffer);
  'replayed': (boolean);
}
