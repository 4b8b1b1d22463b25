// From proto/confed/v1/console.proto

import type { ViewerMode as _confed_v1_ViewerMode, ViewerModeReceived as _confed_v1_ViewerModeReceived } from '../../confed/v1/ViewerMode.ts';

export interface ModeChanged {
  'mode'?: (_confed_v1_ViewerMode);
  'by'?: (string);
  'reason'?: (string);
}

export interface ModeChangedReceived {
  'mode': (_confed_v1_ViewerModeReceived);
  'by': (string);
  'reason': (string);
}
