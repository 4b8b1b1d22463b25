// From proto/confed/v1/head.proto

import type { Long } from '@grpc/proto-loader';

export interface JoinHello {
  'agent'?: (string);
  'advertise'?: (string)[];
  'version'?: (string);
  'instance'?: (string);
  'wallTimeMs'?: (number | string | Long);
  'ticketEpoch'?: (string);
  'clockMs'?: (number | string | Long);
  'host'?: (string);
  'takesAssignments'?: (boolean);
  'conserverPort'?: (number);
  'answersHeartbeats'?: (boolean);
}

export interface JoinHelloReceived {
  'agent': (string);
  'advertise': (string)[];
  'version': (string);
  'instance': (string);
  'wallTimeMs': (number);
  'ticketEpoch': (string);
  'clockMs': (number);
  'host': (string);
  'takesAssignments': (boolean);
  'conserverPort': (number);
  'answersHeartbeats': (boolean);
}
