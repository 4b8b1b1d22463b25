// From proto/confed/v1/head.proto

import type { Long } from '@grpc/proto-loader';

export interface TrustPage {
  'revision'?: (number | string | Long);
  'policy'?: (Buffer | Uint8Array | string);
  'last'?: (boolean);
  'ticketKeys'?: (Buffer | Uint8Array | string)[];
  'revoked'?: (Buffer | Uint8Array | string);
  'revokedSignature'?: (Buffer | Uint8Array | string);
}

export interface TrustPageReceived {
  'revision': (number);
  'policy': (Buffer);
  'last': (boolean);
  'ticketKeys': (Buffer)[];
  'revoked': (Buffer);
  'revokedSignature': (Buffer);
}
