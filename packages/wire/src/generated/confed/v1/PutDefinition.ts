// From proto/confed/v1/head.proto

import type { Long } from '@grpc/proto-loader';

export interface PutDefinition {
  'agent'?: (string);
  'entry'?: (string);
  'ifRevision'?: (number | string | Long);
}

export interface PutDefinitionReceived {
  'agent': (string);
  'entry': (string);
  'ifRevision': (number);
}
