// From proto/confed/v1/agent.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AttachRequest as _confed_v1_AttachRequest, AttachRequestReceived as _confed_v1_AttachRequestReceived } from '../../confed/v1/AttachRequest.ts';
import type { AttachResponse as _confed_v1_AttachResponse, AttachResponseReceived as _confed_v1_AttachResponseReceived } from '../../confed/v1/AttachResponse.ts';
import type { ConsoleStatus as _confed_v1_ConsoleStatus, ConsoleStatusReceived as _confed_v1_ConsoleStatusReceived } from '../../confed/v1/ConsoleStatus.ts';
import type { ControlRequest as _confed_v1_ControlRequest, ControlRequestReceived as _confed_v1_ControlRequestReceived } from '../../confed/v1/ControlRequest.ts';
import type { ControlResponse as _confed_v1_ControlResponse, ControlResponseReceived as _confed_v1_ControlResponseReceived } from '../../confed/v1/ControlResponse.ts';
import type { InspectRequest as _confed_v1_InspectRequest, InspectRequestReceived as _confed_v1_InspectRequestReceived } from '../../confed/v1/InspectRequest.ts';
import type { ListRequest as _confed_v1_ListRequest, ListRequestReceived as _confed_v1_ListRequestReceived } from '../../confed/v1/ListRequest.ts';
import type { ListResponse as _confed_v1_ListResponse, ListResponseReceived as _confed_v1_ListResponseReceived } from '../../confed/v1/ListResponse.ts';
import type { ProcessStatus as _confed_v1_ProcessStatus, ProcessStatusReceived as _confed_v1_ProcessStatusReceived } from '../../confed/v1/ProcessStatus.ts';
import type { ReadLogRequest as _confed_v1_ReadLogRequest, ReadLogRequestReceived as _confed_v1_ReadLogRequestReceived } from '../../confed/v1/ReadLogRequest.ts';
import type { ReadLogResponse as _confed_v1_ReadLogResponse, ReadLogResponseReceived as _confed_v1_ReadLogResponseReceived } from '../../confed/v1/ReadLogResponse.ts';
import type { StatusRequest as _confed_v1_StatusRequest, StatusRequestReceived as _confed_v1_StatusRequestReceived } from '../../confed/v1/StatusRequest.ts';
import type { TailRequest as _confed_v1_TailRequest, TailRequestReceived as _confed_v1_TailRequestReceived } from '../../confed/v1/TailRequest.ts';
import type { TailResponse as _confed_v1_TailResponse, TailResponseReceived as _confed_v1_TailResponseReceived } from '../../confed/v1/TailResponse.ts';
import type { UpgradeRequest as _confed_v1_UpgradeRequest, UpgradeRequestReceived as _confed_v1_UpgradeRequestReceived } from '../../confed/v1/UpgradeRequest.ts';
import type { UpgradeResponse as _confed_v1_UpgradeResponse, UpgradeResponseReceived as _confed_v1_UpgradeResponseReceived } from '../../confed/v1/UpgradeResponse.ts';

export interface AgentClient extends grpc.Client {
  Attach(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_confed_v1_AttachRequest, _confed_v1_AttachResponseReceived>;
  Attach(options?: grpc.CallOptions): grpc.ClientDuplexStream<_confed_v1_AttachRequest, _confed_v1_AttachResponseReceived>;
  attach(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_confed_v1_AttachRequest, _confed_v1_AttachResponseReceived>;
  attach(options?: grpc.CallOptions): grpc.ClientDuplexStream<_confed_v1_AttachRequest, _confed_v1_AttachResponseReceived>;
  
  Control(argument: _confed_v1_ControlRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ControlResponseReceived>): grpc.ClientUnaryCall;
  Control(argument: _confed_v1_ControlRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_ControlResponseReceived>): grpc.ClientUnaryCall;
  Control(argument: _confed_v1_ControlRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ControlResponseReceived>): grpc.ClientUnaryCall;
  Control(argument: _confed_v1_ControlRequest, callback: grpc.requestCallback<_confed_v1_ControlResponseReceived>): grpc.ClientUnaryCall;
  control(argument: _confed_v1_ControlRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ControlResponseReceived>): grpc.ClientUnaryCall;
  control(argument: _confed_v1_ControlRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_ControlResponseReceived>): grpc.ClientUnaryCall;
  control(argument: _confed_v1_ControlRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ControlResponseReceived>): grpc.ClientUnaryCall;
  control(argument: _confed_v1_ControlRequest, callback: grpc.requestCallback<_confed_v1_ControlResponseReceived>): grpc.ClientUnaryCall;
  
  Inspect(argument: _confed_v1_InspectRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ConsoleStatusReceived>): grpc.ClientUnaryCall;
  Inspect(argument: _confed_v1_InspectRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_ConsoleStatusReceived>): grpc.ClientUnaryCall;
  Inspect(argument: _confed_v1_InspectRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ConsoleStatusReceived>): grpc.ClientUnaryCall;
  Inspect(argument: _confed_v1_InspectRequest, callback: grpc.requestCallback<_confed_v1_ConsoleStatusReceived>): grpc.ClientUnaryCall;
  inspect(argument: _confed_v1_InspectRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ConsoleStatusReceived>): grpc.ClientUnaryCall;
  inspect(argument: _confed_v1_InspectRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_ConsoleStatusReceived>): grpc.ClientUnaryCall;
  inspect(argument: _confed_v1_InspectRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ConsoleStatusReceived>): grpc.ClientUnaryCall;
  inspect(argument: _confed_v1_InspectRequest, callback: grpc.requestCallback<_confed_v1_ConsoleStatusReceived>): grpc.ClientUnaryCall;
  
  List(argument: _confed_v1_ListRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_ListResponseReceived>;
  List(argument: _confed_v1_ListRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_ListResponseReceived>;
  list(argument: _confed_v1_ListRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_ListResponseReceived>;
  list(argument: _confed_v1_ListRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_ListResponseReceived>;
  
  ReadLog(argument: _confed_v1_ReadLogRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_ReadLogResponseReceived>;
  ReadLog(argument: _confed_v1_ReadLogRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_ReadLogResponseReceived>;
  readLog(argument: _confed_v1_ReadLogRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_ReadLogResponseReceived>;
  readLog(argument: _confed_v1_ReadLogRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_ReadLogResponseReceived>;
  
  Status(argument: _confed_v1_StatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ProcessStatusReceived>): grpc.ClientUnaryCall;
  Status(argument: _confed_v1_StatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_ProcessStatusReceived>): grpc.ClientUnaryCall;
  Status(argument: _confed_v1_StatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ProcessStatusReceived>): grpc.ClientUnaryCall;
  Status(argument: _confed_v1_StatusRequest, callback: grpc.requestCallback<_confed_v1_ProcessStatusReceived>): grpc.ClientUnaryCall;
  status(argument: _confed_v1_StatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ProcessStatusReceived>): grpc.ClientUnaryCall;
  status(argument: _confed_v1_StatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_ProcessStatusReceived>): grpc.ClientUnaryCall;
  status(argument: _confed_v1_StatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ProcessStatusReceived>): grpc.ClientUnaryCall;
  status(argument: _confed_v1_StatusRequest, callback: grpc.requestCallback<_confed_v1_ProcessStatusReceived>): grpc.ClientUnaryCall;
  
  Tail(argument: _confed_v1_TailRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_TailResponseReceived>;
  Tail(argument: _confed_v1_TailRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_TailResponseReceived>;
  tail(argument: _confed_v1_TailRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_TailResponseReceived>;
  tail(argument: _confed_v1_TailRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_TailResponseReceived>;
  
  Upgrade(argument: _confed_v1_UpgradeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_UpgradeResponseReceived>): grpc.ClientUnaryCall;
  Upgrade(argument: _confed_v1_UpgradeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_UpgradeResponseReceived>): grpc.ClientUnaryCall;
  Upgrade(argument: _confed_v1_UpgradeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_UpgradeResponseReceived>): grpc.ClientUnaryCall;
  Upgrade(argument: _confed_v1_UpgradeRequest, callback: grpc.requestCallback<_confed_v1_UpgradeResponseReceived>): grpc.ClientUnaryCall;
  upgrade(argument: _confed_v1_UpgradeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_UpgradeResponseReceived>): grpc.ClientUnaryCall;
  upgrade(argument: _confed_v1_UpgradeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_UpgradeResponseReceived>): grpc.ClientUnaryCall;
  upgrade(argument: _confed_v1_UpgradeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_UpgradeResponseReceived>): grpc.ClientUnaryCall;
  upgrade(argument: _confed_v1_UpgradeRequest, callback: grpc.requestCallback<_confed_v1_UpgradeResponseReceived>): grpc.ClientUnaryCall;
  
}

export interface AgentHandlers extends grpc.UntypedServiceImplementation {
  Attach: grpc.handleBidiStreamingCall<_confed_v1_AttachRequestReceived, _confed_v1_AttachResponse>;
  
  Control: grpc.handleUnaryCall<_confed_v1_ControlRequestReceived, _confed_v1_ControlResponse>;
  
  Inspect: grpc.handleUnaryCall<_confed_v1_InspectRequestReceived, _confed_v1_ConsoleStatus>;
  
  List: grpc.handleServerStreamingCall<_confed_v1_ListRequestReceived, _confed_v1_ListResponse>;
  
  ReadLog: grpc.handleServerStreamingCall<_confed_v1_ReadLogRequestReceived, _confed_v1_ReadLogResponse>;
  
  Status: grpc.handleUnaryCall<_confed_v1_StatusRequestReceived, _confed_v1_ProcessStatus>;
  
  Tail: grpc.handleServerStreamingCall<_confed_v1_TailRequestReceived, _confed_v1_TailResponse>;
  
  Upgrade: grpc.handleUnaryCall<_confed_v1_UpgradeRequestReceived, _confed_v1_UpgradeResponse>;
  
}

export interface AgentDefinition extends grpc.ServiceDefinition {
  Attach: MethodDefinition<_confed_v1_AttachRequest, _confed_v1_AttachResponse, _confed_v1_AttachRequestReceived, _confed_v1_AttachResponseReceived>
  Control: MethodDefinition<_confed_v1_ControlRequest, _confed_v1_ControlResponse, _confed_v1_ControlRequestReceived, _confed_v1_ControlResponseReceived>
  Inspect: MethodDefinition<_confed_v1_InspectRequest, _confed_v1_ConsoleStatus, _confed_v1_InspectRequestReceived, _confed_v1_ConsoleStatusReceived>
  List: MethodDefinition<_confed_v1_ListRequest, _confed_v1_ListResponse, _confed_v1_ListRequestReceived, _confed_v1_ListResponseReceived>
  ReadLog: MethodDefinition<_confed_v1_ReadLogRequest, _confed_v1_ReadLogResponse, _confed_v1_ReadLogRequestReceived, _confed_v1_ReadLogResponseReceived>
  Status: MethodDefinition<_confed_v1_StatusRequest, _confed_v1_ProcessStatus, _confed_v1_StatusRequestReceived, _confed_v1_ProcessStatusReceived>
  Tail: MethodDefinition<_confed_v1_TailRequest, _confed_v1_TailResponse, _confed_v1_TailRequestReceived, _confed_v1_TailResponseReceived>
  Upgrade: MethodDefinition<_confed_v1_UpgradeRequest, _confed_v1_UpgradeResponse, _confed_v1_UpgradeRequestReceived, _confed_v1_UpgradeResponseReceived>
}
