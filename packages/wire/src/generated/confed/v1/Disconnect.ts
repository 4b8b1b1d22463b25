// From proto/confed/v1/console.proto


export interface Disconnect {
  'user'?: (string);
}

export interface DisconnectReceived {
  'user': (string);
}
