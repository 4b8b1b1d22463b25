// From proto/confed/v1/console.proto


export interface SendBreak {
  'durationMs'?: (number);
}

export interface SendBreakReceived {
  'durationMs': (number);
}
