// From proto/confed/v1/head.proto

import type { JoinHello as _confed_v1_JoinHello, JoinHelloReceived as _confed_v1_JoinHelloReceived } from '../../confed/v1/JoinHello.ts';
import type { StatusPage as _confed_v1_StatusPage, StatusPageReceived as _confed_v1_StatusPageReceived } from '../../confed/v1/StatusPage.ts';
import type { Synced as _confed_v1_Synced, SyncedReceived as _confed_v1_SyncedReceived } from '../../confed/v1/Synced.ts';
import type { JoinHeartbeat as _confed_v1_JoinHeartbeat, JoinHeartbeatReceived as _confed_v1_JoinHeartbeatReceived } from '../../confed/v1/JoinHeartbeat.ts';
import type { Assigned as _confed_v1_Assigned, AssignedReceived as _confed_v1_AssignedReceived } from '../../confed/v1/Assigned.ts';

export interface JoinReport {
  'hello'?: (_confed_v1_JoinHello | null);
  'statuses'?: (_confed_v1_StatusPage | null);
  'synced'?: (_confed_v1_Synced | null);
  'heartbeat'?: (_confed_v1_JoinHeartbeat | null);
  'assigned'?: (_confed_v1_Assigned | null);
  'message'?: "hello"|"statuses"|"synced"|"heartbeat"|"assigned";
}

export interface JoinReportReceived {
  'hello'?: (_confed_v1_JoinHelloReceived | null);
  'statuses'?: (_confed_v1_StatusPageReceived | null);
  'synced'?: (_confed_v1_SyncedReceived | null);
  'heartbeat'?: (_confed_v1_JoinHeartbeatReceived | null);
  'assigned'?: (_confed_v1_AssignedReceived | null);
  'message'?: "hello"|"statuses"|"synced"|"heartbeat"|"assigned";
}
