// From proto/confed/v1/head.proto

import type { Welcome as _confed_v1_Welcome, WelcomeReceived as _confed_v1_WelcomeReceived } from '../../confed/v1/Welcome.ts';
import type { JoinHeartbeat as _confed_v1_JoinHeartbeat, JoinHeartbeatReceived as _confed_v1_JoinHeartbeatReceived } from '../../confed/v1/JoinHeartbeat.ts';
import type { End as _confed_v1_End, EndReceived as _confed_v1_EndReceived } from '../../confed/v1/End.ts';
import type { TrustPage as _confed_v1_TrustPage, TrustPageReceived as _confed_v1_TrustPageReceived } from '../../confed/v1/TrustPage.ts';

export interface JoinReply {
  'welcome'?: (_confed_v1_Welcome | null);
  'heartbeat'?: (_confed_v1_JoinHeartbeat | null);
  'refused'?: (_confed_v1_End | null);
  'trust'?: (_confed_v1_TrustPage | null);
  'message'?: "welcome"|"heartbeat"|"refused"|"trust";
}

export interface JoinReplyReceived {
  'welcome'?: (_confed_v1_WelcomeReceived | null);
  'heartbeat'?: (_confed_v1_JoinHeartbeatReceived | null);
  'refused'?: (_confed_v1_EndReceived | null);
  'trust'?: (_confed_v1_TrustPageReceived | null);
  'message'?: "welcome"|"heartbeat"|"refused"|"trust";
}
