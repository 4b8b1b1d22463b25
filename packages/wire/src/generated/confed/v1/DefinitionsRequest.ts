// From proto/confed/v1/head.proto


export interface DefinitionsRequest {
  'selection'?: (string);
}

export interface DefinitionsRequestReceived {
  'selection': (string);
}
