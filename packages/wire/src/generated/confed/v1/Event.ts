// From proto/confed/v1/console.proto

import type { EventKind as _confed_v1_EventKind, EventKindReceived as _confed_v1_EventKindReceived } from '../../confed/v1/EventKind.ts';
import type { ConsoleState as _confed_v1_ConsoleState, ConsoleStateReceived as _confed_v1_ConsoleStateReceived } from '../../confed/v1/ConsoleState.ts';
import type { ErrorDetail as _confed_v1_ErrorDetail, ErrorDetailReceived as _confed_v1_ErrorDetailReceived } from '../../confed/v1/ErrorDetail.ts';
import type { Long } from '@grpc/proto-loader';

export interface Event {
  'kind'?: (_confed_v1_EventKind);
  'wallTimeMs'?: (number | string | Long);
  'subject'?: (string);
  'text'?: (string);
  'state'?: (_confed_v1_ConsoleState);
  'cause'?: (_confed_v1_ErrorDetail | null);
}

export interface EventReceived {
  'kind': (_confed_v1_EventKindReceived);
  'wallTimeMs': (number);
  'subject': (string);
  'text': (string);
  'state': (_confed_v1_ConsoleStateReceived);
  'cause': (_confed_v1_ErrorDetailReceived | null);
}
