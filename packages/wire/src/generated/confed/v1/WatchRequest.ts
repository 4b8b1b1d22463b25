// From proto/confed/v1/head.proto


export interface WatchRequest {
  'selection'?: (string);
}

export interface WatchRequestReceived {
  'selection': (string);
}
