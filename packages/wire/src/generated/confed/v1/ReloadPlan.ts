// From proto/confed/v1/console.proto

import type { ReloadList as _confed_v1_ReloadList, ReloadListReceived as _confed_v1_ReloadListReceived } from '../../confed/v1/ReloadList.ts';

export interface ReloadPlan {
  'start'?: (_confed_v1_ReloadList | null);
  'stop'?: (_confed_v1_ReloadList | null);
  'restart'?: (_confed_v1_ReloadList | null);
  'demand'?: (_confed_v1_ReloadList | null);
  'relabel'?: (_confed_v1_ReloadList | null);
  'untouched'?: (number);
  'needsRestart'?: (string)[];
  'done'?: (boolean);
  'move'?: (_confed_v1_ReloadList | null);
}

export interface ReloadPlanReceived {
  'start': (_confed_v1_ReloadListReceived | null);
  'stop': (_confed_v1_ReloadListReceived | null);
  'restart': (_confed_v1_ReloadListReceived | null);
  'demand': (_confed_v1_ReloadListReceived | null);
  'relabel': (_confed_v1_ReloadListReceived | null);
  'untouched': (number);
  'needsRestart': (string)[];
  'done': (boolean);
  'move': (_confed_v1_ReloadListReceived | null);
}
