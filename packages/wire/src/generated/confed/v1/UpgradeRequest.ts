// From proto/confed/v1/agent.proto


export interface UpgradeRequest {
  'planOnly'?: (boolean);
  'subject'?: (string);
}

export interface UpgradeRequestReceived {
  'planOnly': (boolean);
  'subject': (string);
}
