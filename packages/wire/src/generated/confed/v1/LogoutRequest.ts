// From proto/confed/v1/head.proto


export interface LogoutRequest {
  'refreshToken'?: (string);
}

export interface LogoutRequestReceived {
  'refreshToken': (string);
}
