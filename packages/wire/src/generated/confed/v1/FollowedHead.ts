// From proto/confed/v1/console.proto

import type { ErrorDetail as _confed_v1_ErrorDetail, ErrorDetailReceived as _confed_v1_ErrorDetailReceived } from '../../confed/v1/ErrorDetail.ts';
import type { Long } from '@grpc/proto-loader';

export interface FollowedHead {
  'id'?: (string);
  'address'?: (string);
  'connected'?: (boolean);
  'asOfMs'?: (number | string | Long);
  'cause'?: (_confed_v1_ErrorDetail | null);
}

export interface FollowedHeadReceived {
  'id': (string);
  'address': (string);
  'connected': (boolean);
  'asOfMs': (number);
  'cause': (_confed_v1_ErrorDetailReceived | null);
}
