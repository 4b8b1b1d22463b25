// From proto/confed/v1/head.proto


export interface MoveDefinitions {
  'consoles'?: (string);
  'to'?: (string);
  'force'?: (boolean);
}

export interface MoveDefinitionsReceived {
  'consoles': (string);
  'to': (string);
  'force': (boolean);
}
