// From proto/confed/v1/console.proto

import type { ViewerMode as _confed_v1_ViewerMode, ViewerModeReceived as _confed_v1_ViewerModeReceived } from '../../confed/v1/ViewerMode.ts';

export interface SetMode {
  'mode'?: (_confed_v1_ViewerMode);
  'force'?: (boolean);
}

export interface SetModeReceived {
  'mode': (_confed_v1_ViewerModeReceived);
  'force': (boolean);
}
