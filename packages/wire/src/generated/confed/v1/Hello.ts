// From proto/confed/v1/console.proto


export interface Hello {
  'agent'?: (string);
  'nonce'?: (Buffer | Uint8Array | string);
  'version'?: (string);
  'proveId'?: (string);
}

export interface HelloReceived {
  'agent': (string);
  'nonce': (Buffer);
  'version': (string);
  'proveId': (string);
}
