// From proto/confed/v1/console.proto


export interface Prove {
  'signature'?: (Buffer | Uint8Array | string);
}

export interface ProveReceived {
  'signature': (Buffer);
}
