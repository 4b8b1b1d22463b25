// From proto/confed/v1/console.proto

import type { Long } from '@grpc/proto-loader';

export interface Position {
  'logId'?: (string);
  'offset'?: (number | string | Long);
}

export interface PositionReceived {
  'logId': (string);
  'offset': (number);
}
