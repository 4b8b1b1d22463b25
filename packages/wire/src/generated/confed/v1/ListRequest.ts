// From proto/confed/v1/console.proto

import type { ConsoleState as _confed_v1_ConsoleState, ConsoleStateReceived as _confed_v1_ConsoleStateReceived } from '../../confed/v1/ConsoleState.ts';
import type { Ticket as _confed_v1_Ticket, TicketReceived as _confed_v1_TicketReceived } from '../../confed/v1/Ticket.ts';

export interface ListRequest {
  'selection'?: (string);
  'states'?: (_confed_v1_ConsoleState)[];
  'ticket'?: (_confed_v1_Ticket | null);
}

export interface ListRequestReceived {
  'selection': (string);
  'states': (_confed_v1_ConsoleStateReceived)[];
  'ticket': (_confed_v1_TicketReceived | null);
}
