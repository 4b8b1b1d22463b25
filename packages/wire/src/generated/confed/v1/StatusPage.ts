// From proto/confed/v1/head.proto

import type { ConsoleStatus as _confed_v1_ConsoleStatus, ConsoleStatusReceived as _confed_v1_ConsoleStatusReceived } from '../../confed/v1/ConsoleStatus.ts';

export interface StatusPage {
  'consoles'?: (_confed_v1_ConsoleStatus)[];
  'removed'?: (string)[];
}

export interface StatusPageReceived {
  'consoles': (_confed_v1_ConsoleStatusReceived)[];
  'removed': (string)[];
}
