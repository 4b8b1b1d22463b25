// From proto/confed/v1/console.proto


export interface Replay {
  'lines'?: (number);
}

export interface ReplayReceived {
  'lines': (number);
}
