// From proto/confed/v1/head.proto

import type { Long } from '@grpc/proto-loader';

export interface ApiTokenEdit {
  'user'?: (string);
  'note'?: (string);
  'ttlMs'?: (number | string | Long);
}

export interface ApiTokenEditReceived {
  'user': (string);
  'note': (string);
  'ttlMs': (number);
}
