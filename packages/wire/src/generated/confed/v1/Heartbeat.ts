// From proto/confed/v1/console.proto

import type { Long } from '@grpc/proto-loader';

export interface Heartbeat {
  'wallTimeMs'?: (number | string | Long);
}

export interface HeartbeatReceived {
  'wallTimeMs': (number);
}
