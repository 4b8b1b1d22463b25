// From proto/confed/v1/console.proto

import type { Ticket as _confed_v1_Ticket, TicketReceived as _confed_v1_TicketReceived } from '../../confed/v1/Ticket.ts';

export interface InspectRequest {
  'console'?: (string);
  'ticket'?: (_confed_v1_Ticket | null);
}

export interface InspectRequestReceived {
  'console': (string);
  'ticket': (_confed_v1_TicketReceived | null);
}
