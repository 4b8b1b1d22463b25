// From proto/confed/v1/head.proto


export interface StoreStatement {
  'body'?: (Buffer | Uint8Array | string);
  'signature'?: (Buffer | Uint8Array | string);
  'whole'?: (boolean);
}

export interface StoreStatementReceived {
  'body': (Buffer);
  'signature': (Buffer);
  'whole': (boolean);
}
