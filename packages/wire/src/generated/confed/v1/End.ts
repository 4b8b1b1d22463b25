// From proto/confed/v1/console.proto

import type { ErrorDetail as _confed_v1_ErrorDetail, ErrorDetailReceived as _confed_v1_ErrorDetailReceived } from '../../confed/v1/ErrorDetail.ts';

export interface End {
  'error'?: (_confed_v1_ErrorDetail | null);
  'reattach'?: (boolean);
}

export interface EndReceived {
  'error': (_confed_v1_ErrorDetailReceived | null);
  'reattach': (boolean);
}
