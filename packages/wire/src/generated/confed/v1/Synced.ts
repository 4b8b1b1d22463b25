// From proto/confed/v1/head.proto

import type { Long } from '@grpc/proto-loader';

export interface Synced {
  'version'?: (number | string | Long);
}

export interface SyncedReceived {
  'version': (number);
}
