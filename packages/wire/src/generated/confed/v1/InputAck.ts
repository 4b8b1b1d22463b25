// From proto/confed/v1/console.proto

import type { Long } from '@grpc/proto-loader';

export interface InputAck {
  'offset'?: (number | string | Long);
}

export interface InputAckReceived {
  'offset': (number);
}
