// From proto/confed/v1/head.proto


export interface EnrollResponse {
  'certificate'?: (string);
  'machines'?: (string);
  'users'?: (string);
  'pendingFingerprint'?: (string);
}

export interface EnrollResponseReceived {
  'certificate': (string);
  'machines': (string);
  'users': (string);
  'pendingFingerprint': (string);
}
