// From proto/confed/v1/head.proto

import type { DefinedConsole as _confed_v1_DefinedConsole, DefinedConsoleReceived as _confed_v1_DefinedConsoleReceived } from '../../confed/v1/DefinedConsole.ts';

export interface DefinitionsResponse {
  'consoles'?: (_confed_v1_DefinedConsole)[];
}

export interface DefinitionsResponseReceived {
  'consoles': (_confed_v1_DefinedConsoleReceived)[];
}
