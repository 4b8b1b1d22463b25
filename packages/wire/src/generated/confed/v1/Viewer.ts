// From proto/confed/v1/console.proto

import type { ViewerMode as _confed_v1_ViewerMode, ViewerModeReceived as _confed_v1_ViewerModeReceived } from '../../confed/v1/ViewerMode.ts';
import type { Long } from '@grpc/proto-loader';

export interface Viewer {
  'sessionId'?: (string);
  'subject'?: (string);
  'mode'?: (_confed_v1_ViewerMode);
  'sinceMs'?: (number | string | Long);
}

export interface ViewerReceived {
  'sessionId': (string);
  'subject': (string);
  'mode': (_confed_v1_ViewerModeReceived);
  'sinceMs': (number);
}
