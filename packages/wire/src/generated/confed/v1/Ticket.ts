// From proto/confed/v1/console.proto


export interface Ticket {
  'body'?: (Buffer | Uint8Array | string);
  'signature'?: (Buffer | Uint8Array | string);
}

export interface TicketReceived {
  'body': (Buffer);
  'signature': (Buffer);
}
