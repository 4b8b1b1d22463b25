// From proto/confed/v1/head.proto

import type { Long } from '@grpc/proto-loader';

export interface Definition {
  'name'?: (string);
  'epoch'?: (number | string | Long);
  'entry'?: (string);
}

export interface DefinitionReceived {
  'name': (string);
  'epoch': (number);
  'entry': (string);
}
