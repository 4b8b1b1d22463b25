// From proto/confed/v1/console.proto

import type { Hello as _confed_v1_Hello, HelloReceived as _confed_v1_HelloReceived } from '../../confed/v1/Hello.ts';
import type { Opened as _confed_v1_Opened, OpenedReceived as _confed_v1_OpenedReceived } from '../../confed/v1/Opened.ts';
import type { Output as _confed_v1_Output, OutputReceived as _confed_v1_OutputReceived } from '../../confed/v1/Output.ts';
import type { Gap as _confed_v1_Gap, GapReceived as _confed_v1_GapReceived } from '../../confed/v1/Gap.ts';
import type { Event as _confed_v1_Event, EventReceived as _confed_v1_EventReceived } from '../../confed/v1/Event.ts';
import type { InputAck as _confed_v1_InputAck, InputAckReceived as _confed_v1_InputAckReceived } from '../../confed/v1/InputAck.ts';
import type { End as _confed_v1_End, EndReceived as _confed_v1_EndReceived } from '../../confed/v1/End.ts';
import type { Heartbeat as _confed_v1_Heartbeat, HeartbeatReceived as _confed_v1_HeartbeatReceived } from '../../confed/v1/Heartbeat.ts';
import type { ModeChanged as _confed_v1_ModeChanged, ModeChangedReceived as _confed_v1_ModeChangedReceived } from '../../confed/v1/ModeChanged.ts';

export interface AttachResponse {
  'hello'?: (_confed_v1_Hello | null);
  'opened'?: (_confed_v1_Opened | null);
  'output'?: (_confed_v1_Output | null);
  'gap'?: (_confed_v1_Gap | null);
  'event'?: (_confed_v1_Event | null);
  'inputAck'?: (_confed_v1_InputAck | null);
  'end'?: (_confed_v1_End | null);
  'heartbeat'?: (_confed_v1_Heartbeat | null);
  'modeChanged'?: (_confed_v1_ModeChanged | null);
  'message'?: "hello"|"opened"|"output"|"gap"|"event"|"inputAck"|"end"|"heartbeat"|"modeChanged";
}

export interface AttachResponseReceived {
  'hello'?: (_confed_v1_HelloReceived | null);
  'opened'?: (_confed_v1_OpenedReceived | null);
  'output'?: (_confed_v1_OutputReceived | null);
  'gap'?: (_confed_v1_GapReceived | null);
  'event'?: (_confed_v1_EventReceived | null);
  'inputAck'?: (_confed_v1_InputAckReceived | null);
  'end'?: (_confed_v1_EndReceived | null);
  'heartbeat'?: (_confed_v1_HeartbeatReceived | null);
  'modeChanged'?: (_confed_v1_ModeChangedReceived | null);
  'message'?: "hello"|"opened"|"output"|"gap"|"event"|"inputAck"|"end"|"heartbeat"|"modeChanged";
}
