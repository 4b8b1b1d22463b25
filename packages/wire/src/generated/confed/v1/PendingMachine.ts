// From proto/confed/v1/head.proto

import type { EnrolledName as _confed_v1_EnrolledName, EnrolledNameReceived as _confed_v1_EnrolledNameReceived } from '../../confed/v1/EnrolledName.ts';
import type { Long } from '@grpc/proto-loader';

export interface PendingMachine {
  'machine'?: (_confed_v1_EnrolledName | null);
  'fingerprint'?: (string);
  'address'?: (string);
  'sinceMs'?: (number | string | Long);
}

export interface PendingMachineReceived {
  'machine': (_confed_v1_EnrolledNameReceived | null);
  'fingerprint': (string);
  'address': (string);
  'sinceMs': (number);
}
