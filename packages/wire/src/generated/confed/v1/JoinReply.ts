// From proto/confed/v1/head.proto

import type { Welcome as _confed_v1_Welcome, WelcomeReceived as _confed_v1_WelcomeReceived } from '../../confed/v1/Welcome.ts';
import type { JoinHeartbeat as _confed_v1_JoinHeartbeat, JoinHeartbeatReceived as _confed_v1_JoinHeartbeatReceived } from '../../confed/v1/JoinHeartbeat.ts';
import type { End as _confed_v1_End, EndReceived as _confed_v1_EndReceived } from '../../confed/v1/End.ts';
import type { TrustPage as _confed_v1_TrustPage, TrustPageReceived as _confed_v1_TrustPageReceived } from '../../confed/v1/TrustPage.ts';
import type { AssignPage as _confed_v1_AssignPage, AssignPageReceived as _confed_v1_AssignPageReceived } from '../../confed/v1/AssignPage.ts';

export interface JoinReply {
  'welcome'?: (_confed_v1_Welcome | null);
  'heartbeat'?: (_confed_v1_JoinHeartbeat | null);
  'refused'?: (_confed_v1_End | null);
  'trust'?: (_confed_v1_TrustPage | null);
  'assign'?: (_confed_v1_AssignPage | null);
  'message'?: "welcome"|"heartbeat"|"refused"|"trust"|"assign";
}

export interface JoinReplyReceived {
  'welcome'?: (_confed_v1_WelcomeReceived | null);
  'heartbeat'?: (_confed_v1_JoinHeartbeatReceived | null);
  'refused'?: (_confed_v1_EndReceived | null);
  'trust'?: (_confed_v1_TrustPageReceived | null);
  'assign'?: (_confed_v1_AssignPageReceived | null);
  'message'?: "welcome"|"heartbeat"|"refused"|"trust"|"assign";
}
