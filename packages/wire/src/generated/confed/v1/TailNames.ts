// From proto/confed/v1/console.proto

import type { TailName as _confed_v1_TailName, TailNameReceived as _confed_v1_TailNameReceived } from '../../confed/v1/TailName.ts';

export interface TailNames {
  'names'?: (_confed_v1_TailName)[];
  'ended'?: (number)[];
}

export interface TailNamesReceived {
  'names': (_confed_v1_TailNameReceived)[];
  'ended': (number)[];
}
