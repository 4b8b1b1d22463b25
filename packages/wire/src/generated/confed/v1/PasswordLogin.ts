// From proto/confed/v1/head.proto


export interface PasswordLogin {
  'user'?: (string);
  'password'?: (string);
}

export interface PasswordLoginReceived {
  'user': (string);
  'password': (string);
}
