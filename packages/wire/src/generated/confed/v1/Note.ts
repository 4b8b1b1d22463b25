// From proto/confed/v1/console.proto


export interface Note {
  'text'?: (string);
}

export interface NoteReceived {
  'text': (string);
}
