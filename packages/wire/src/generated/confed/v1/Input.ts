// From proto/confed/v1/console.proto

import type { Long } from '@grpc/proto-loader';

export interface Input {
  'offset'?: (number | string | Long);
  'data'?: (Buffer | Uint8Array | string);
}

export interface InputReceived {
  'offset': (number);
  'data': (Buffer);
}
