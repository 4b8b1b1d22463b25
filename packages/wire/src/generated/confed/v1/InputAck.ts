// From proto/confed/v1/console.proto

import type { ErrorDetail as _confed_v1_ErrorDetail, ErrorDetailReceived as _confed_v1_ErrorDetailReceived } from '../../confed/v1/ErrorDetail.ts';
import type { Long } from '@grpc/proto-loader';

export interface InputAck {
  'offset'?: (number | string | Long);
  'discarded'?: (number | string | Long);
  'cause'?: (_confed_v1_ErrorDetail | null);
}

export interface InputAckReceived {
  'offset': (number);
  'discarded': (number);
  'cause': (_confed_v1_ErrorDetailReceived | null);
}
