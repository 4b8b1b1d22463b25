// From proto/confed/v1/head.proto

import type { Ticket as _confed_v1_Ticket, TicketReceived as _confed_v1_TicketReceived } from '../../confed/v1/Ticket.ts';

export interface Route {
  'address'?: (string);
  'ticket'?: (_confed_v1_Ticket | null);
}

export interface RouteReceived {
  'address': (string);
  'ticket': (_confed_v1_TicketReceived | null);
}
