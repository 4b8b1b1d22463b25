// From proto/confed/v1/head.proto

import type { Route as _confed_v1_Route, RouteReceived as _confed_v1_RouteReceived } from '../../confed/v1/Route.ts';
import type { Ticket as _confed_v1_Ticket, TicketReceived as _confed_v1_TicketReceived } from '../../confed/v1/Ticket.ts';
import type { ConsoleStatus as _confed_v1_ConsoleStatus, ConsoleStatusReceived as _confed_v1_ConsoleStatusReceived } from '../../confed/v1/ConsoleStatus.ts';

export interface ResolveResponse {
  'owner'?: (string);
  'direct'?: (_confed_v1_Route)[];
  'relay'?: (boolean);
  'relayTicket'?: (_confed_v1_Ticket | null);
  'status'?: (_confed_v1_ConsoleStatus | null);
}

export interface ResolveResponseReceived {
  'owner': (string);
  'direct': (_confed_v1_RouteReceived)[];
  'relay': (boolean);
  'relayTicket': (_confed_v1_TicketReceived | null);
  'status': (_confed_v1_ConsoleStatusReceived | null);
}
