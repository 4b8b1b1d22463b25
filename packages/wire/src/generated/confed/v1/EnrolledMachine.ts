// From proto/confed/v1/head.proto

import type { EnrolledName as _confed_v1_EnrolledName, EnrolledNameReceived as _confed_v1_EnrolledNameReceived } from '../../confed/v1/EnrolledName.ts';
import type { Long } from '@grpc/proto-loader';

export interface EnrolledMachine {
  'machine'?: (_confed_v1_EnrolledName | null);
  'state'?: (string);
  'why'?: (string);
  'sinceMs'?: (number | string | Long);
  'generation'?: (number);
  'notAfterMs'?: (number | string | Long);
  'consoles'?: (string);
}

export interface EnrolledMachineReceived {
  'machine': (_confed_v1_EnrolledNameReceived | null);
  'state': (string);
  'why': (string);
  'sinceMs': (number);
  'generation': (number);
  'notAfterMs': (number);
  'consoles': (string);
}
