// From proto/confed/v1/console.proto

import type { ConsoleState as _confed_v1_ConsoleState, ConsoleStateReceived as _confed_v1_ConsoleStateReceived } from '../../confed/v1/ConsoleState.ts';
import type { ErrorDetail as _confed_v1_ErrorDetail, ErrorDetailReceived as _confed_v1_ErrorDetailReceived } from '../../confed/v1/ErrorDetail.ts';
import type { Viewer as _confed_v1_Viewer, ViewerReceived as _confed_v1_ViewerReceived } from '../../confed/v1/Viewer.ts';
import type { Position as _confed_v1_Position, PositionReceived as _confed_v1_PositionReceived } from '../../confed/v1/Position.ts';
import type { ConsoleSource as _confed_v1_ConsoleSource, ConsoleSourceReceived as _confed_v1_ConsoleSourceReceived } from '../../confed/v1/ConsoleSource.ts';
import type { Long } from '@grpc/proto-loader';

export interface ConsoleStatus {
  'name'?: (string);
  'owner'?: (string);
  'state'?: (_confed_v1_ConsoleState);
  'cause'?: (_confed_v1_ErrorDetail | null);
  'sinceMs'?: (number | string | Long);
  'transport'?: (string);
  'target'?: (string);
  'labels'?: ({[key: string]: string});
  'groups'?: (string)[];
  'onDemand'?: (boolean);
  'viewers'?: (_confed_v1_Viewer)[];
  'end'?: (_confed_v1_Position | null);
  'lastOutputMs'?: (number | string | Long);
  'logPath'?: (string);
  'description'?: (string);
  'attempt'?: (number);
  'viewersUnlisted'?: (number);
  'logTrouble'?: (_confed_v1_ErrorDetail | null);
  'source'?: (_confed_v1_ConsoleSource);
  'epoch'?: (number | string | Long);
  'link'?: (string);
}

export interface ConsoleStatusReceived {
  'name': (string);
  'owner': (string);
  'state': (_confed_v1_ConsoleStateReceived);
  'cause': (_confed_v1_ErrorDetailReceived | null);
  'sinceMs': (number);
  'transport': (string);
  'target': (string);
  'labels': ({[key: string]: string});
  'groups': (string)[];
  'onDemand': (boolean);
  'viewers': (_confed_v1_ViewerReceived)[];
  'end': (_confed_v1_PositionReceived | null);
  'lastOutputMs': (number);
  'logPath': (string);
  'description': (string);
  'attempt': (number);
  'viewersUnlisted': (number);
  'logTrouble': (_confed_v1_ErrorDetailReceived | null);
  'source': (_confed_v1_ConsoleSourceReceived);
  'epoch': (number);
  'link': (string);
}
