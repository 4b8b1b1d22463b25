// From proto/confed/v1/console.proto

import type { Reconnect as _confed_v1_Reconnect, ReconnectReceived as _confed_v1_ReconnectReceived } from '../../confed/v1/Reconnect.ts';
import type { Ticket as _confed_v1_Ticket, TicketReceived as _confed_v1_TicketReceived } from '../../confed/v1/Ticket.ts';
import type { Reload as _confed_v1_Reload, ReloadReceived as _confed_v1_ReloadReceived } from '../../confed/v1/Reload.ts';
import type { Tell as _confed_v1_Tell, TellReceived as _confed_v1_TellReceived } from '../../confed/v1/Tell.ts';
import type { Disconnect as _confed_v1_Disconnect, DisconnectReceived as _confed_v1_DisconnectReceived } from '../../confed/v1/Disconnect.ts';

export interface ControlRequest {
  'selection'?: (string);
  'reconnect'?: (_confed_v1_Reconnect | null);
  'subject'?: (string);
  'ticket'?: (_confed_v1_Ticket | null);
  'reload'?: (_confed_v1_Reload | null);
  'tell'?: (_confed_v1_Tell | null);
  'disconnect'?: (_confed_v1_Disconnect | null);
  'action'?: "reconnect"|"reload"|"tell"|"disconnect";
}

export interface ControlRequestReceived {
  'selection': (string);
  'reconnect'?: (_confed_v1_ReconnectReceived | null);
  'subject': (string);
  'ticket': (_confed_v1_TicketReceived | null);
  'reload'?: (_confed_v1_ReloadReceived | null);
  'tell'?: (_confed_v1_TellReceived | null);
  'disconnect'?: (_confed_v1_DisconnectReceived | null);
  'action'?: "reconnect"|"reload"|"tell"|"disconnect";
}
