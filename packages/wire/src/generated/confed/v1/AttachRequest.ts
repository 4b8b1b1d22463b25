// From proto/confed/v1/console.proto

import type { Open as _confed_v1_Open, OpenReceived as _confed_v1_OpenReceived } from '../../confed/v1/Open.ts';
import type { Input as _confed_v1_Input, InputReceived as _confed_v1_InputReceived } from '../../confed/v1/Input.ts';
import type { SendBreak as _confed_v1_SendBreak, SendBreakReceived as _confed_v1_SendBreakReceived } from '../../confed/v1/SendBreak.ts';
import type { Window as _confed_v1_Window, WindowReceived as _confed_v1_WindowReceived } from '../../confed/v1/Window.ts';
import type { SetMode as _confed_v1_SetMode, SetModeReceived as _confed_v1_SetModeReceived } from '../../confed/v1/SetMode.ts';
import type { Reconnect as _confed_v1_Reconnect, ReconnectReceived as _confed_v1_ReconnectReceived } from '../../confed/v1/Reconnect.ts';
import type { Replay as _confed_v1_Replay, ReplayReceived as _confed_v1_ReplayReceived } from '../../confed/v1/Replay.ts';
import type { Prove as _confed_v1_Prove, ProveReceived as _confed_v1_ProveReceived } from '../../confed/v1/Prove.ts';
import type { TakeDown as _confed_v1_TakeDown, TakeDownReceived as _confed_v1_TakeDownReceived } from '../../confed/v1/TakeDown.ts';
import type { Note as _confed_v1_Note, NoteReceived as _confed_v1_NoteReceived } from '../../confed/v1/Note.ts';

export interface AttachRequest {
  'open'?: (_confed_v1_Open | null);
  'input'?: (_confed_v1_Input | null);
  'sendBreak'?: (_confed_v1_SendBreak | null);
  'window'?: (_confed_v1_Window | null);
  'setMode'?: (_confed_v1_SetMode | null);
  'reconnect'?: (_confed_v1_Reconnect | null);
  'replay'?: (_confed_v1_Replay | null);
  'prove'?: (_confed_v1_Prove | null);
  'takeDown'?: (_confed_v1_TakeDown | null);
  'note'?: (_confed_v1_Note | null);
  'message'?: "open"|"input"|"sendBreak"|"window"|"setMode"|"reconnect"|"replay"|"prove"|"takeDown"|"note";
}

export interface AttachRequestReceived {
  'open'?: (_confed_v1_OpenReceived | null);
  'input'?: (_confed_v1_InputReceived | null);
  'sendBreak'?: (_confed_v1_SendBreakReceived | null);
  'window'?: (_confed_v1_WindowReceived | null);
  'setMode'?: (_confed_v1_SetModeReceived | null);
  'reconnect'?: (_confed_v1_ReconnectReceived | null);
  'replay'?: (_confed_v1_ReplayReceived | null);
  'prove'?: (_confed_v1_ProveReceived | null);
  'takeDown'?: (_confed_v1_TakeDownReceived | null);
  'note'?: (_confed_v1_NoteReceived | null);
  'message'?: "open"|"input"|"sendBreak"|"window"|"setMode"|"reconnect"|"replay"|"prove"|"takeDown"|"note";
}
