// From proto/confed/v1/head.proto

import type { Long } from '@grpc/proto-loader';

export interface ApiTokenInfo {
  'id'?: (string);
  'user'?: (string);
  'note'?: (string);
  'createdMs'?: (number | string | Long);
  'untilMs'?: (number | string | Long);
}

export interface ApiTokenInfoReceived {
  'id': (string);
  'user': (string);
  'note': (string);
  'createdMs': (number);
  'untilMs': (number);
}
