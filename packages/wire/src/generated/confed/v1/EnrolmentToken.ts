// From proto/confed/v1/head.proto

import type { EnrolledName as _confed_v1_EnrolledName, EnrolledNameReceived as _confed_v1_EnrolledNameReceived } from '../../confed/v1/EnrolledName.ts';
import type { Long } from '@grpc/proto-loader';

export interface EnrolmentToken {
  'id'?: (string);
  'machine'?: (_confed_v1_EnrolledName | null);
  'createdMs'?: (number | string | Long);
  'expiresMs'?: (number | string | Long);
  'consoles'?: (string);
  'cidrs'?: (string)[];
  'rejoin'?: (string);
  'used'?: (boolean);
}

export interface EnrolmentTokenReceived {
  'id': (string);
  'machine': (_confed_v1_EnrolledNameReceived | null);
  'createdMs': (number);
  'expiresMs': (number);
  'consoles': (string);
  'cidrs': (string)[];
  'rejoin': (string);
  'used': (boolean);
}
