// From proto/confed/v1/console.proto

import type { ErrorDetail as _confed_v1_ErrorDetail, ErrorDetailReceived as _confed_v1_ErrorDetailReceived } from '../../confed/v1/ErrorDetail.ts';
import type { Long } from '@grpc/proto-loader';

export interface PeerStatus {
  'id'?: (string);
  'addresses'?: (string)[];
  'state'?: (string);
  'sinceMs'?: (number | string | Long);
  'version'?: (string);
  'consoles'?: (number);
  'cause'?: (_confed_v1_ErrorDetail | null);
}

export interface PeerStatusReceived {
  'id': (string);
  'addresses': (string)[];
  'state': (string);
  'sinceMs': (number);
  'version': (string);
  'consoles': (number);
  'cause': (_confed_v1_ErrorDetailReceived | null);
}
