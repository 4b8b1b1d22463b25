// From proto/confed/v1/head.proto

import type { EnrolledName as _confed_v1_EnrolledName, EnrolledNameReceived as _confed_v1_EnrolledNameReceived } from '../../confed/v1/EnrolledName.ts';

export interface ApproveMachine {
  'machine'?: (_confed_v1_EnrolledName | null);
  'fingerprint'?: (string);
}

export interface ApproveMachineReceived {
  'machine': (_confed_v1_EnrolledNameReceived | null);
  'fingerprint': (string);
}
