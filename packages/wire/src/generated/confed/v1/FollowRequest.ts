// From proto/confed/v1/head.proto


export interface FollowRequest {
  'digest'?: (Buffer | Uint8Array | string);
}

export interface FollowRequestReceived {
  'digest': (Buffer);
}
