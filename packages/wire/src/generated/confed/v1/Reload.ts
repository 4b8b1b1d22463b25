// From proto/confed/v1/console.proto


export interface Reload {
  'planOnly'?: (boolean);
}

export interface ReloadReceived {
  'planOnly': (boolean);
}
