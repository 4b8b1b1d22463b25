// From proto/confed/v1/head.proto

import type { EnrolledName as _confed_v1_EnrolledName, EnrolledNameReceived as _confed_v1_EnrolledNameReceived } from '../../confed/v1/EnrolledName.ts';
import type { Long } from '@grpc/proto-loader';

export interface CreateToken {
  'machine'?: (_confed_v1_EnrolledName | null);
  'ttlMs'?: (number | string | Long);
  'consoles'?: (string);
  'cidrs'?: (string)[];
  'rejoinKey'?: (Buffer | Uint8Array | string);
  'rejoinApproval'?: (boolean);
}

export interface CreateTokenReceived {
  'machine': (_confed_v1_EnrolledNameReceived | null);
  'ttlMs': (number);
  'consoles': (string);
  'cidrs': (string)[];
  'rejoinKey': (Buffer);
  'rejoinApproval': (boolean);
}
