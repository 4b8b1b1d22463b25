// From proto/confed/v1/head.proto

import type { ErrorDetail as _confed_v1_ErrorDetail, ErrorDetailReceived as _confed_v1_ErrorDetailReceived } from '../../confed/v1/ErrorDetail.ts';
import type { Long } from '@grpc/proto-loader';

export interface Assigned {
  'version'?: (number | string | Long);
  'refused'?: (_confed_v1_ErrorDetail)[];
}

export interface AssignedReceived {
  'version': (number);
  'refused': (_confed_v1_ErrorDetailReceived)[];
}
