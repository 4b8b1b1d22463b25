// From proto/confed/v1/head.proto

import type { Long } from '@grpc/proto-loader';

export interface JoinHeartbeat {
  'wallTimeMs'?: (number | string | Long);
  'logLagMs'?: (number);
  'clockMs'?: (number | string | Long);
  'count'?: (number);
}

export interface JoinHeartbeatReceived {
  'wallTimeMs': (number);
  'logLagMs': (number);
  'clockMs': (number);
  'count': (number);
}
