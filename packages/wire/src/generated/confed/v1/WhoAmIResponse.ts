// From proto/confed/v1/head.proto


export interface WhoAmIResponse {
  'subject'?: (string);
  'verbs'?: (string)[];
}

export interface WhoAmIResponseReceived {
  'subject': (string);
  'verbs': (string)[];
}
