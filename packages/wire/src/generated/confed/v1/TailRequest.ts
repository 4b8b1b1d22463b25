// From proto/confed/v1/console.proto

import type { Position as _confed_v1_Position, PositionReceived as _confed_v1_PositionReceived } from '../../confed/v1/Position.ts';
import type { Ticket as _confed_v1_Ticket, TicketReceived as _confed_v1_TicketReceived } from '../../confed/v1/Ticket.ts';

export interface TailRequest {
  'selection'?: (string);
  'from'?: ({[key: string]: _confed_v1_Position});
  'ticket'?: (_confed_v1_Ticket | null);
}

export interface TailRequestReceived {
  'selection': (string);
  'from': ({[key: string]: _confed_v1_PositionReceived});
  'ticket': (_confed_v1_TicketReceived | null);
}
