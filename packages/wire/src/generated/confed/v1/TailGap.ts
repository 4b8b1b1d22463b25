// From proto/confed/v1/console.proto

import type { Gap as _confed_v1_Gap, GapReceived as _confed_v1_GapReceived } from '../../confed/v1/Gap.ts';

export interface TailGap {
  'number'?: (number);
  'gap'?: (_confed_v1_Gap | null);
}

export interface TailGapReceived {
  'number': (number);
  'gap': (_confed_v1_GapReceived | null);
}
