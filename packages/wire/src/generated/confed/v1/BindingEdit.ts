// From proto/confed/v1/head.proto


export interface BindingEdit {
  'to'?: (string);
  'addRoles'?: (string)[];
  'removeRoles'?: (string)[];
}

export interface BindingEditReceived {
  'to': (string);
  'addRoles': (string)[];
  'removeRoles': (string)[];
}
