// From proto/confed/v1/head.proto

import type { ErrorDetail as _confed_v1_ErrorDetail, ErrorDetailReceived as _confed_v1_ErrorDetailReceived } from '../../confed/v1/ErrorDetail.ts';

export interface DefineResponse {
  'done'?: (string)[];
  'doneCount'?: (number);
  'waiting'?: (string)[];
  'waitingCount'?: (number);
  'errors'?: (_confed_v1_ErrorDetail)[];
}

export interface DefineResponseReceived {
  'done': (string)[];
  'doneCount': (number);
  'waiting': (string)[];
  'waitingCount': (number);
  'errors': (_confed_v1_ErrorDetailReceived)[];
}
