// From proto/confed/v1/head.proto

import type { PutDefinition as _confed_v1_PutDefinition, PutDefinitionReceived as _confed_v1_PutDefinitionReceived } from '../../confed/v1/PutDefinition.ts';
import type { MoveDefinitions as _confed_v1_MoveDefinitions, MoveDefinitionsReceived as _confed_v1_MoveDefinitionsReceived } from '../../confed/v1/MoveDefinitions.ts';

export interface DefineRequest {
  'put'?: (_confed_v1_PutDefinition | null);
  'remove'?: (string);
  'move'?: (_confed_v1_MoveDefinitions | null);
  'action'?: "put"|"remove"|"move";
}

export interface DefineRequestReceived {
  'put'?: (_confed_v1_PutDefinitionReceived | null);
  'remove'?: (string);
  'move'?: (_confed_v1_MoveDefinitionsReceived | null);
  'action'?: "put"|"remove"|"move";
}
