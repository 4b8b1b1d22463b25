// From proto/confed/v1/console.proto

import type { GapReason as _confed_v1_GapReason, GapReasonReceived as _confed_v1_GapReasonReceived } from '../../confed/v1/GapReason.ts';
import type { Long } from '@grpc/proto-loader';

export interface Gap {
  'from'?: (number | string | Long);
  'to'?: (number | string | Long);
  'lengthKnown'?: (boolean);
  'reason'?: (_confed_v1_GapReason);
  'wallTimeMs'?: (number | string | Long);
  'logId'?: (string);
}

export interface GapReceived {
  'from': (number);
  'to': (number);
  'lengthKnown': (boolean);
  'reason': (_confed_v1_GapReasonReceived);
  'wallTimeMs': (number);
  'logId': (string);
}
