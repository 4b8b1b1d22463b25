// From proto/confed/v1/console.proto


export interface Tell {
  'text'?: (string);
  'user'?: (string);
}

export interface TellReceived {
  'text': (string);
  'user': (string);
}
