// From proto/confed/v1/head.proto

import type { StatusPage as _confed_v1_StatusPage, StatusPageReceived as _confed_v1_StatusPageReceived } from '../../confed/v1/StatusPage.ts';
import type { Synced as _confed_v1_Synced, SyncedReceived as _confed_v1_SyncedReceived } from '../../confed/v1/Synced.ts';
import type { PeerStatus as _confed_v1_PeerStatus, PeerStatusReceived as _confed_v1_PeerStatusReceived } from '../../confed/v1/PeerStatus.ts';
import type { Heartbeat as _confed_v1_Heartbeat, HeartbeatReceived as _confed_v1_HeartbeatReceived } from '../../confed/v1/Heartbeat.ts';
import type { WatchReset as _confed_v1_WatchReset, WatchResetReceived as _confed_v1_WatchResetReceived } from '../../confed/v1/WatchReset.ts';

export interface WatchResponse {
  'statuses'?: (_confed_v1_StatusPage | null);
  'synced'?: (_confed_v1_Synced | null);
  'agent'?: (_confed_v1_PeerStatus | null);
  'heartbeat'?: (_confed_v1_Heartbeat | null);
  'reset'?: (_confed_v1_WatchReset | null);
  'message'?: "statuses"|"synced"|"agent"|"heartbeat"|"reset";
}

export interface WatchResponseReceived {
  'statuses'?: (_confed_v1_StatusPageReceived | null);
  'synced'?: (_confed_v1_SyncedReceived | null);
  'agent'?: (_confed_v1_PeerStatusReceived | null);
  'heartbeat'?: (_confed_v1_HeartbeatReceived | null);
  'reset'?: (_confed_v1_WatchResetReceived | null);
  'message'?: "statuses"|"synced"|"agent"|"heartbeat"|"reset";
}
