// From proto/confed/v1/head.proto


export interface UserInfo {
  'name'?: (string);
  'groups'?: (string)[];
  'hasPassword'?: (boolean);
}

export interface UserInfoReceived {
  'name': (string);
  'groups': (string)[];
  'hasPassword': (boolean);
}
