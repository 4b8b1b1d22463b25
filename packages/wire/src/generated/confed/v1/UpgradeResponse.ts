// From proto/confed/v1/agent.proto

import type { LinksOfKind as _confed_v1_LinksOfKind, LinksOfKindReceived as _confed_v1_LinksOfKindReceived } from '../../confed/v1/LinksOfKind.ts';

export interface UpgradeResponse {
  'kept'?: (_confed_v1_LinksOfKind)[];
  'reconnecting'?: (_confed_v1_LinksOfKind)[];
  'unconnected'?: (number);
  'done'?: (boolean);
  'version'?: (string);
  'pid'?: (number);
  'pauseMs'?: (number);
}

export interface UpgradeResponseReceived {
  'kept': (_confed_v1_LinksOfKindReceived)[];
  'reconnecting': (_confed_v1_LinksOfKindReceived)[];
  'unconnected': (number);
  'done': (boolean);
  'version': (string);
  'pid': (number);
  'pauseMs': (number);
}
