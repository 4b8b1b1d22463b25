// From proto/confed/v1/console.proto

import type { ErrorDetail as _confed_v1_ErrorDetail, ErrorDetailReceived as _confed_v1_ErrorDetailReceived } from '../../confed/v1/ErrorDetail.ts';
import type { ReloadPlan as _confed_v1_ReloadPlan, ReloadPlanReceived as _confed_v1_ReloadPlanReceived } from '../../confed/v1/ReloadPlan.ts';

export interface ControlResponse {
  'consoles'?: (string)[];
  'errors'?: (_confed_v1_ErrorDetail)[];
  'plan'?: (_confed_v1_ReloadPlan | null);
  'sessions'?: (number);
}

export interface ControlResponseReceived {
  'consoles': (string)[];
  'errors': (_confed_v1_ErrorDetailReceived)[];
  'plan': (_confed_v1_ReloadPlanReceived | null);
  'sessions': (number);
}
