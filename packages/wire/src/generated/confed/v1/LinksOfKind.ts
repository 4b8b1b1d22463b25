// From proto/confed/v1/agent.proto

import type { ReloadList as _confed_v1_ReloadList, ReloadListReceived as _confed_v1_ReloadListReceived } from '../../confed/v1/ReloadList.ts';

export interface LinksOfKind {
  'transport'?: (string);
  'consoles'?: (_confed_v1_ReloadList | null);
}

export interface LinksOfKindReceived {
  'transport': (string);
  'consoles': (_confed_v1_ReloadListReceived | null);
}
