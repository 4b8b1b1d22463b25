// From proto/confed/v1/console.proto


export interface ErrorDetail {
  'code'?: (string);
  'message'?: (string);
  'subject'?: (string);
  'where'?: (string);
  'hint'?: (string);
}

export interface ErrorDetailReceived {
  'code': (string);
  'message': (string);
  'subject': (string);
  'where': (string);
  'hint': (string);
}
