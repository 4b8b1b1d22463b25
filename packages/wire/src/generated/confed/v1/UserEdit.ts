// From proto/confed/v1/head.proto


export interface UserEdit {
  'name'?: (string);
  'create'?: (boolean);
  'password'?: (string);
  'addGroups'?: (string)[];
  'removeGroups'?: (string)[];
}

export interface UserEditReceived {
  'name': (string);
  'create': (boolean);
  'password': (string);
  'addGroups': (string)[];
  'removeGroups': (string)[];
}
