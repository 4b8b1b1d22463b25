// From proto/confed/v1/head.proto

import type { Definition as _confed_v1_Definition, DefinitionReceived as _confed_v1_DefinitionReceived } from '../../confed/v1/Definition.ts';
import type { Long } from '@grpc/proto-loader';

export interface AssignPage {
  'version'?: (number | string | Long);
  'whole'?: (boolean);
  'put'?: (_confed_v1_Definition)[];
  'removed'?: (string)[];
  'last'?: (boolean);
}

export interface AssignPageReceived {
  'version': (number);
  'whole': (boolean);
  'put': (_confed_v1_DefinitionReceived)[];
  'removed': (string)[];
  'last': (boolean);
}
