// From proto/confed/v1/head.proto

import type { Long } from '@grpc/proto-loader';

export interface LoginResponse {
  'subject'?: (string);
  'accessToken'?: (string);
  'accessMs'?: (number);
  'refreshToken'?: (string);
  'untilMs'?: (number | string | Long);
}

export interface LoginResponseReceived {
  'subject': (string);
  'accessToken': (string);
  'accessMs': (number);
  'refreshToken': (string);
  'untilMs': (number);
}
