// From proto/confed/v1/console.proto


export interface Reconnect {
  'force'?: (boolean);
}

export interface ReconnectReceived {
  'force': (boolean);
}
