// From proto/confed/v1/console.proto

import type { TailNames as _confed_v1_TailNames, TailNamesReceived as _confed_v1_TailNamesReceived } from '../../confed/v1/TailNames.ts';
import type { TailBatch as _confed_v1_TailBatch, TailBatchReceived as _confed_v1_TailBatchReceived } from '../../confed/v1/TailBatch.ts';
import type { TailGap as _confed_v1_TailGap, TailGapReceived as _confed_v1_TailGapReceived } from '../../confed/v1/TailGap.ts';
import type { Heartbeat as _confed_v1_Heartbeat, HeartbeatReceived as _confed_v1_HeartbeatReceived } from '../../confed/v1/Heartbeat.ts';
import type { ErrorDetail as _confed_v1_ErrorDetail, ErrorDetailReceived as _confed_v1_ErrorDetailReceived } from '../../confed/v1/ErrorDetail.ts';

export interface TailResponse {
  'names'?: (_confed_v1_TailNames | null);
  'batch'?: (_confed_v1_TailBatch | null);
  'gap'?: (_confed_v1_TailGap | null);
  'heartbeat'?: (_confed_v1_Heartbeat | null);
  'notice'?: (_confed_v1_ErrorDetail | null);
  'message'?: "names"|"batch"|"gap"|"heartbeat"|"notice";
}

export interface TailResponseReceived {
  'names'?: (_confed_v1_TailNamesReceived | null);
  'batch'?: (_confed_v1_TailBatchReceived | null);
  'gap'?: (_confed_v1_TailGapReceived | null);
  'heartbeat'?: (_confed_v1_HeartbeatReceived | null);
  'notice'?: (_confed_v1_ErrorDetailReceived | null);
  'message'?: "names"|"batch"|"gap"|"heartbeat"|"notice";
}
