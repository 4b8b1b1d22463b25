// From proto/confed/v1/console.proto

import type { Position as _confed_v1_Position, PositionReceived as _confed_v1_PositionReceived } from '../../confed/v1/Position.ts';
import type { Ticket as _confed_v1_Ticket, TicketReceived as _confed_v1_TicketReceived } from '../../confed/v1/Ticket.ts';
import type { Long } from '@grpc/proto-loader';

export interface ReadLogRequest {
  'console'?: (string);
  'from'?: (_confed_v1_Position | null);
  'sinceMs'?: (number | string | Long);
  'lastLines'?: (number);
  'untilMs'?: (number | string | Long);
  'ticket'?: (_confed_v1_Ticket | null);
  'start'?: "from"|"sinceMs"|"lastLines";
}

export interface ReadLogRequestReceived {
  'console': (string);
  'from'?: (_confed_v1_PositionReceived | null);
  'sinceMs'?: (number);
  'lastLines'?: (number);
  'untilMs': (number);
  'ticket': (_confed_v1_TicketReceived | null);
  'start'?: "from"|"sinceMs"|"lastLines";
}
