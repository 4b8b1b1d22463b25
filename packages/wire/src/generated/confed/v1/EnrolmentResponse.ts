// From proto/confed/v1/head.proto

import type { EnrolmentToken as _confed_v1_EnrolmentToken, EnrolmentTokenReceived as _confed_v1_EnrolmentTokenReceived } from '../../confed/v1/EnrolmentToken.ts';
import type { EnrolledMachine as _confed_v1_EnrolledMachine, EnrolledMachineReceived as _confed_v1_EnrolledMachineReceived } from '../../confed/v1/EnrolledMachine.ts';
import type { PendingMachine as _confed_v1_PendingMachine, PendingMachineReceived as _confed_v1_PendingMachineReceived } from '../../confed/v1/PendingMachine.ts';
import type { Long } from '@grpc/proto-loader';

export interface EnrolmentResponse {
  'token'?: (string);
  'expiresMs'?: (number | string | Long);
  'tokens'?: (_confed_v1_EnrolmentToken)[];
  'machines'?: (_confed_v1_EnrolledMachine)[];
  'pending'?: (_confed_v1_PendingMachine)[];
}

export interface EnrolmentResponseReceived {
  'token': (string);
  'expiresMs': (number);
  'tokens': (_confed_v1_EnrolmentTokenReceived)[];
  'machines': (_confed_v1_EnrolledMachineReceived)[];
  'pending': (_confed_v1_PendingMachineReceived)[];
}
