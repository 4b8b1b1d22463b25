// From proto/confed/v1/console.proto

import type { ViewerMode as _confed_v1_ViewerMode, ViewerModeReceived as _confed_v1_ViewerModeReceived } from '../../confed/v1/ViewerMode.ts';
import type { Position as _confed_v1_Position, PositionReceived as _confed_v1_PositionReceived } from '../../confed/v1/Position.ts';
import type { Window as _confed_v1_Window, WindowReceived as _confed_v1_WindowReceived } from '../../confed/v1/Window.ts';
import type { Ticket as _confed_v1_Ticket, TicketReceived as _confed_v1_TicketReceived } from '../../confed/v1/Ticket.ts';

export interface Open {
  'console'?: (string);
  'mode'?: (_confed_v1_ViewerMode);
  'force'?: (boolean);
  'from'?: (_confed_v1_Position | null);
  'replayLines'?: (number);
  'subject'?: (string);
  'window'?: (_confed_v1_Window | null);
  'ticket'?: (_confed_v1_Ticket | null);
  'resumeToken'?: (Buffer | Uint8Array | string);
  'supersedesSessionId'?: (string);
  'start'?: "from"|"replayLines";
}

export interface OpenReceived {
  'console': (string);
  'mode': (_confed_v1_ViewerModeReceived);
  'force': (boolean);
  'from'?: (_confed_v1_PositionReceived | null);
  'replayLines'?: (number);
  'subject': (string);
  'window': (_confed_v1_WindowReceived | null);
  'ticket': (_confed_v1_TicketReceived | null);
  'resumeToken': (Buffer);
  'supersedesSessionId': (string);
  'start'?: "from"|"replayLines";
}
