// From proto/confed/v1/console.proto

import type { ErrorDetail as _confed_v1_ErrorDetail, ErrorDetailReceived as _confed_v1_ErrorDetailReceived } from '../../confed/v1/ErrorDetail.ts';

export interface ControlResponse {
  'consoles'?: (string)[];
  'errors'?: (_confed_v1_ErrorDetail)[];
}

export interface ControlResponseReceived {
  'consoles': (string)[];
  'errors': (_confed_v1_ErrorDetailReceived)[];
}
