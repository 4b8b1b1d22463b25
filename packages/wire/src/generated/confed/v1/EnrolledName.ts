// From proto/confed/v1/head.proto


export interface EnrolledName {
  'kind'?: (string);
  'id'?: (string);
}

export interface EnrolledNameReceived {
  'kind': (string);
  'id': (string);
}
