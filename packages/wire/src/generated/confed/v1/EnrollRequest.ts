// From proto/confed/v1/head.proto


export interface EnrollRequest {
  'tokenId'?: (string);
  'secret'?: (string);
  'request'?: (Buffer | Uint8Array | string);
}

export interface EnrollRequestReceived {
  'tokenId': (string);
  'secret': (string);
  'request': (Buffer);
}
