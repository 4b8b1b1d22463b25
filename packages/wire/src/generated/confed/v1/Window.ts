// From proto/confed/v1/console.proto


export interface Window {
  'columns'?: (number);
  'rows'?: (number);
}

export interface WindowReceived {
  'columns': (number);
  'rows': (number);
}
