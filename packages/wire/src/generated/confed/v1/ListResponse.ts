// From proto/confed/v1/console.proto

import type { ConsoleStatus as _confed_v1_ConsoleStatus, ConsoleStatusReceived as _confed_v1_ConsoleStatusReceived } from '../../confed/v1/ConsoleStatus.ts';

export interface ListResponse {
  'consoles'?: (_confed_v1_ConsoleStatus)[];
}

export interface ListResponseReceived {
  'consoles': (_confed_v1_ConsoleStatusReceived)[];
}
