// From proto/confed/v1/console.proto


export interface ReloadList {
  'count'?: (number);
  'names'?: (string)[];
}

export interface ReloadListReceived {
  'count': (number);
  'names': (string)[];
}
