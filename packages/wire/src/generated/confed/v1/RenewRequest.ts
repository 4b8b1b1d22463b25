// From proto/confed/v1/head.proto


export interface RenewRequest {
  'request'?: (Buffer | Uint8Array | string);
}

export interface RenewRequestReceived {
  'request': (Buffer);
}
