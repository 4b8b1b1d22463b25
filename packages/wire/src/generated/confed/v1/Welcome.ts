// From proto/confed/v1/head.proto


export interface Welcome {
  'head'?: (string);
  'version'?: (string);
  'heartbeatMs'?: (number);
}

export interface WelcomeReceived {
  'head': (string);
  'version': (string);
  'heartbeatMs': (number);
}
