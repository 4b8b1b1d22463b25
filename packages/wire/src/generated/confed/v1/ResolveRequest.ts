// From proto/confed/v1/head.proto


export interface ResolveRequest {
  'console'?: (string);
  'verbs'?: (string)[];
  'clientKey'?: (Buffer | Uint8Array | string);
}

export interface ResolveRequestReceived {
  'console': (string);
  'verbs': (string)[];
  'clientKey': (Buffer);
}
