// From proto/confed/v1/head.proto

import type { ErrorDetail as _confed_v1_ErrorDetail, ErrorDetailReceived as _confed_v1_ErrorDetailReceived } from '../../confed/v1/ErrorDetail.ts';
import type { Long } from '@grpc/proto-loader';

export interface DefinedConsole {
  'name'?: (string);
  'agent'?: (string);
  'source'?: (string);
  'entry'?: (string);
  'revision'?: (number | string | Long);
  'by'?: (string);
  'atMs'?: (number | string | Long);
  'claimedBy'?: (string);
  'epoch'?: (number | string | Long);
  'trouble'?: (_confed_v1_ErrorDetail | null);
}

export interface DefinedConsoleReceived {
  'name': (string);
  'agent': (string);
  'source': (string);
  'entry': (string);
  'revision': (number);
  'by': (string);
  'atMs': (number);
  'claimedBy': (string);
  'epoch': (number);
  'trouble': (_confed_v1_ErrorDetailReceived | null);
}
