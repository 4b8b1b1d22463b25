// From proto/confed/v1/head.proto


export interface BindingInfo {
  'to'?: (string);
  'roles'?: (string)[];
}

export interface BindingInfoReceived {
  'to': (string);
  'roles': (string)[];
}
