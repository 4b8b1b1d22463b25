// From proto/confed/v1/head.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AdministerRequest as _confed_v1_AdministerRequest, AdministerRequestReceived as _confed_v1_AdministerRequestReceived } from '../../confed/v1/AdministerRequest.ts';
import type { AdministerResponse as _confed_v1_AdministerResponse, AdministerResponseReceived as _confed_v1_AdministerResponseReceived } from '../../confed/v1/AdministerResponse.ts';
import type { AttachRequest as _confed_v1_AttachRequest, AttachRequestReceived as _confed_v1_AttachRequestReceived } from '../../confed/v1/AttachRequest.ts';
import type { AttachResponse as _confed_v1_AttachResponse, AttachResponseReceived as _confed_v1_AttachResponseReceived } from '../../confed/v1/AttachResponse.ts';
import type { ConsoleStatus as _confed_v1_ConsoleStatus, ConsoleStatusReceived as _confed_v1_ConsoleStatusReceived } from '../../confed/v1/ConsoleStatus.ts';
import type { ControlRequest as _confed_v1_ControlRequest, ControlRequestReceived as _confed_v1_ControlRequestReceived } from '../../confed/v1/ControlRequest.ts';
import type { ControlResponse as _confed_v1_ControlResponse, ControlResponseReceived as _confed_v1_ControlResponseReceived } from '../../confed/v1/ControlResponse.ts';
import type { DefineRequest as _confed_v1_DefineRequest, DefineRequestReceived as _confed_v1_DefineRequestReceived } from '../../confed/v1/DefineRequest.ts';
import type { DefineResponse as _confed_v1_DefineResponse, DefineResponseReceived as _confed_v1_DefineResponseReceived } from '../../confed/v1/DefineResponse.ts';
import type { DefinitionsRequest as _confed_v1_DefinitionsRequest, DefinitionsRequestReceived as _confed_v1_DefinitionsRequestReceived } from '../../confed/v1/DefinitionsRequest.ts';
import type { DefinitionsResponse as _confed_v1_DefinitionsResponse, DefinitionsResponseReceived as _confed_v1_DefinitionsResponseReceived } from '../../confed/v1/DefinitionsResponse.ts';
import type { EnrollRequest as _confed_v1_EnrollRequest, EnrollRequestReceived as _confed_v1_EnrollRequestReceived } from '../../confed/v1/EnrollRequest.ts';
import type { EnrollResponse as _confed_v1_EnrollResponse, EnrollResponseReceived as _confed_v1_EnrollResponseReceived } from '../../confed/v1/EnrollResponse.ts';
import type { EnrolmentRequest as _confed_v1_EnrolmentRequest, EnrolmentRequestReceived as _confed_v1_EnrolmentRequestReceived } from '../../confed/v1/EnrolmentRequest.ts';
import type { EnrolmentResponse as _confed_v1_EnrolmentResponse, EnrolmentResponseReceived as _confed_v1_EnrolmentResponseReceived } from '../../confed/v1/EnrolmentResponse.ts';
import type { FollowRequest as _confed_v1_FollowRequest, FollowRequestReceived as _confed_v1_FollowRequestReceived } from '../../confed/v1/FollowRequest.ts';
import type { FollowResponse as _confed_v1_FollowResponse, FollowResponseReceived as _confed_v1_FollowResponseReceived } from '../../confed/v1/FollowResponse.ts';
import type { InspectRequest as _confed_v1_InspectRequest, InspectRequestReceived as _confed_v1_InspectRequestReceived } from '../../confed/v1/InspectRequest.ts';
import type { JoinReply as _confed_v1_JoinReply, JoinReplyReceived as _confed_v1_JoinReplyReceived } from '../../confed/v1/JoinReply.ts';
import type { JoinReport as _confed_v1_JoinReport, JoinReportReceived as _confed_v1_JoinReportReceived } from '../../confed/v1/JoinReport.ts';
import type { ListRequest as _confed_v1_ListRequest, ListRequestReceived as _confed_v1_ListRequestReceived } from '../../confed/v1/ListRequest.ts';
import type { ListResponse as _confed_v1_ListResponse, ListResponseReceived as _confed_v1_ListResponseReceived } from '../../confed/v1/ListResponse.ts';
import type { LoginRequest as _confed_v1_LoginRequest, LoginRequestReceived as _confed_v1_LoginRequestReceived } from '../../confed/v1/LoginRequest.ts';
import type { LoginResponse as _confed_v1_LoginResponse, LoginResponseReceived as _confed_v1_LoginResponseReceived } from '../../confed/v1/LoginResponse.ts';
import type { LogoutRequest as _confed_v1_LogoutRequest, LogoutRequestReceived as _confed_v1_LogoutRequestReceived } from '../../confed/v1/LogoutRequest.ts';
import type { LogoutResponse as _confed_v1_LogoutResponse, LogoutResponseReceived as _confed_v1_LogoutResponseReceived } from '../../confed/v1/LogoutResponse.ts';
import type { ProcessStatus as _confed_v1_ProcessStatus, ProcessStatusReceived as _confed_v1_ProcessStatusReceived } from '../../confed/v1/ProcessStatus.ts';
import type { ReadLogRequest as _confed_v1_ReadLogRequest, ReadLogRequestReceived as _confed_v1_ReadLogRequestReceived } from '../../confed/v1/ReadLogRequest.ts';
import type { ReadLogResponse as _confed_v1_ReadLogResponse, ReadLogResponseReceived as _confed_v1_ReadLogResponseReceived } from '../../confed/v1/ReadLogResponse.ts';
import type { RenewRequest as _confed_v1_RenewRequest, RenewRequestReceived as _confed_v1_RenewRequestReceived } from '../../confed/v1/RenewRequest.ts';
import type { ResolveRequest as _confed_v1_ResolveRequest, ResolveRequestReceived as _confed_v1_ResolveRequestReceived } from '../../confed/v1/ResolveRequest.ts';
import type { ResolveResponse as _confed_v1_ResolveResponse, ResolveResponseReceived as _confed_v1_ResolveResponseReceived } from '../../confed/v1/ResolveResponse.ts';
import type { StatusRequest as _confed_v1_StatusRequest, StatusRequestReceived as _confed_v1_StatusRequestReceived } from '../../confed/v1/StatusRequest.ts';
import type { TailRequest as _confed_v1_TailRequest, TailRequestReceived as _confed_v1_TailRequestReceived } from '../../confed/v1/TailRequest.ts';
import type { TailResponse as _confed_v1_TailResponse, TailResponseReceived as _confed_v1_TailResponseReceived } from '../../confed/v1/TailResponse.ts';
import type { WatchRequest as _confed_v1_WatchRequest, WatchRequestReceived as _confed_v1_WatchRequestReceived } from '../../confed/v1/WatchRequest.ts';
import type { WatchResponse as _confed_v1_WatchResponse, WatchResponseReceived as _confed_v1_WatchResponseReceived } from '../../confed/v1/WatchResponse.ts';
import type { WhoAmIRequest as _confed_v1_WhoAmIRequest, WhoAmIRequestReceived as _confed_v1_WhoAmIRequestReceived } from '../../confed/v1/WhoAmIRequest.ts';
import type { WhoAmIResponse as _confed_v1_WhoAmIResponse, WhoAmIResponseReceived as _confed_v1_WhoAmIResponseReceived } from '../../confed/v1/WhoAmIResponse.ts';

export interface HeadClient extends grpc.Client {
  Administer(argument: _confed_v1_AdministerRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_AdministerResponseReceived>): grpc.ClientUnaryCall;
  Administer(argument: _confed_v1_AdministerRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_AdministerResponseReceived>): grpc.ClientUnaryCall;
  Administer(argument: _confed_v1_AdministerRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_AdministerResponseReceived>): grpc.ClientUnaryCall;
  Administer(argument: _confed_v1_AdministerRequest, callback: grpc.requestCallback<_confed_v1_AdministerResponseReceived>): grpc.ClientUnaryCall;
  administer(argument: _confed_v1_AdministerRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_AdministerResponseReceived>): grpc.ClientUnaryCall;
  administer(argument: _confed_v1_AdministerRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_AdministerResponseReceived>): grpc.ClientUnaryCall;
  administer(argument: _confed_v1_AdministerRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_AdministerResponseReceived>): grpc.ClientUnaryCall;
  administer(argument: _confed_v1_AdministerRequest, callback: grpc.requestCallback<_confed_v1_AdministerResponseReceived>): grpc.ClientUnaryCall;
  
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
  
  Define(argument: _confed_v1_DefineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_DefineResponseReceived>): grpc.ClientUnaryCall;
  Define(argument: _confed_v1_DefineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_DefineResponseReceived>): grpc.ClientUnaryCall;
  Define(argument: _confed_v1_DefineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_DefineResponseReceived>): grpc.ClientUnaryCall;
  Define(argument: _confed_v1_DefineRequest, callback: grpc.requestCallback<_confed_v1_DefineResponseReceived>): grpc.ClientUnaryCall;
  define(argument: _confed_v1_DefineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_DefineResponseReceived>): grpc.ClientUnaryCall;
  define(argument: _confed_v1_DefineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_DefineResponseReceived>): grpc.ClientUnaryCall;
  define(argument: _confed_v1_DefineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_DefineResponseReceived>): grpc.ClientUnaryCall;
  define(argument: _confed_v1_DefineRequest, callback: grpc.requestCallback<_confed_v1_DefineResponseReceived>): grpc.ClientUnaryCall;
  
  Definitions(argument: _confed_v1_DefinitionsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_DefinitionsResponseReceived>;
  Definitions(argument: _confed_v1_DefinitionsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_DefinitionsResponseReceived>;
  definitions(argument: _confed_v1_DefinitionsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_DefinitionsResponseReceived>;
  definitions(argument: _confed_v1_DefinitionsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_DefinitionsResponseReceived>;
  
  Enroll(argument: _confed_v1_EnrollRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_EnrollResponseReceived>): grpc.ClientUnaryCall;
  Enroll(argument: _confed_v1_EnrollRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_EnrollResponseReceived>): grpc.ClientUnaryCall;
  Enroll(argument: _confed_v1_EnrollRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_EnrollResponseReceived>): grpc.ClientUnaryCall;
  Enroll(argument: _confed_v1_EnrollRequest, callback: grpc.requestCallback<_confed_v1_EnrollResponseReceived>): grpc.ClientUnaryCall;
  enroll(argument: _confed_v1_EnrollRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_EnrollResponseReceived>): grpc.ClientUnaryCall;
  enroll(argument: _confed_v1_EnrollRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_EnrollResponseReceived>): grpc.ClientUnaryCall;
  enroll(argument: _confed_v1_EnrollRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_EnrollResponseReceived>): grpc.ClientUnaryCall;
  enroll(argument: _confed_v1_EnrollRequest, callback: grpc.requestCallback<_confed_v1_EnrollResponseReceived>): grpc.ClientUnaryCall;
  
  Enrolment(argument: _confed_v1_EnrolmentRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_EnrolmentResponseReceived>): grpc.ClientUnaryCall;
  Enrolment(argument: _confed_v1_EnrolmentRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_EnrolmentResponseReceived>): grpc.ClientUnaryCall;
  Enrolment(argument: _confed_v1_EnrolmentRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_EnrolmentResponseReceived>): grpc.ClientUnaryCall;
  Enrolment(argument: _confed_v1_EnrolmentRequest, callback: grpc.requestCallback<_confed_v1_EnrolmentResponseReceived>): grpc.ClientUnaryCall;
  enrolment(argument: _confed_v1_EnrolmentRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_EnrolmentResponseReceived>): grpc.ClientUnaryCall;
  enrolment(argument: _confed_v1_EnrolmentRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_EnrolmentResponseReceived>): grpc.ClientUnaryCall;
  enrolment(argument: _confed_v1_EnrolmentRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_EnrolmentResponseReceived>): grpc.ClientUnaryCall;
  enrolment(argument: _confed_v1_EnrolmentRequest, callback: grpc.requestCallback<_confed_v1_EnrolmentResponseReceived>): grpc.ClientUnaryCall;
  
  Follow(argument: _confed_v1_FollowRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_FollowResponseReceived>;
  Follow(argument: _confed_v1_FollowRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_FollowResponseReceived>;
  follow(argument: _confed_v1_FollowRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_FollowResponseReceived>;
  follow(argument: _confed_v1_FollowRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_FollowResponseReceived>;
  
  Inspect(argument: _confed_v1_InspectRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ConsoleStatusReceived>): grpc.ClientUnaryCall;
  Inspect(argument: _confed_v1_InspectRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_ConsoleStatusReceived>): grpc.ClientUnaryCall;
  Inspect(argument: _confed_v1_InspectRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ConsoleStatusReceived>): grpc.ClientUnaryCall;
  Inspect(argument: _confed_v1_InspectRequest, callback: grpc.requestCallback<_confed_v1_ConsoleStatusReceived>): grpc.ClientUnaryCall;
  inspect(argument: _confed_v1_InspectRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ConsoleStatusReceived>): grpc.ClientUnaryCall;
  inspect(argument: _confed_v1_InspectRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_ConsoleStatusReceived>): grpc.ClientUnaryCall;
  inspect(argument: _confed_v1_InspectRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ConsoleStatusReceived>): grpc.ClientUnaryCall;
  inspect(argument: _confed_v1_InspectRequest, callback: grpc.requestCallback<_confed_v1_ConsoleStatusReceived>): grpc.ClientUnaryCall;
  
  Join(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_confed_v1_JoinReport, _confed_v1_JoinReplyReceived>;
  Join(options?: grpc.CallOptions): grpc.ClientDuplexStream<_confed_v1_JoinReport, _confed_v1_JoinReplyReceived>;
  join(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_confed_v1_JoinReport, _confed_v1_JoinReplyReceived>;
  join(options?: grpc.CallOptions): grpc.ClientDuplexStream<_confed_v1_JoinReport, _confed_v1_JoinReplyReceived>;
  
  List(argument: _confed_v1_ListRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_ListResponseReceived>;
  List(argument: _confed_v1_ListRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_ListResponseReceived>;
  list(argument: _confed_v1_ListRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_ListResponseReceived>;
  list(argument: _confed_v1_ListRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_ListResponseReceived>;
  
  Login(argument: _confed_v1_LoginRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_LoginResponseReceived>): grpc.ClientUnaryCall;
  Login(argument: _confed_v1_LoginRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_LoginResponseReceived>): grpc.ClientUnaryCall;
  Login(argument: _confed_v1_LoginRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_LoginResponseReceived>): grpc.ClientUnaryCall;
  Login(argument: _confed_v1_LoginRequest, callback: grpc.requestCallback<_confed_v1_LoginResponseReceived>): grpc.ClientUnaryCall;
  login(argument: _confed_v1_LoginRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_LoginResponseReceived>): grpc.ClientUnaryCall;
  login(argument: _confed_v1_LoginRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_LoginResponseReceived>): grpc.ClientUnaryCall;
  login(argument: _confed_v1_LoginRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_LoginResponseReceived>): grpc.ClientUnaryCall;
  login(argument: _confed_v1_LoginRequest, callback: grpc.requestCallback<_confed_v1_LoginResponseReceived>): grpc.ClientUnaryCall;
  
  Logout(argument: _confed_v1_LogoutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_LogoutResponseReceived>): grpc.ClientUnaryCall;
  Logout(argument: _confed_v1_LogoutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_LogoutResponseReceived>): grpc.ClientUnaryCall;
  Logout(argument: _confed_v1_LogoutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_LogoutResponseReceived>): grpc.ClientUnaryCall;
  Logout(argument: _confed_v1_LogoutRequest, callback: grpc.requestCallback<_confed_v1_LogoutResponseReceived>): grpc.ClientUnaryCall;
  logout(argument: _confed_v1_LogoutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_LogoutResponseReceived>): grpc.ClientUnaryCall;
  logout(argument: _confed_v1_LogoutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_LogoutResponseReceived>): grpc.ClientUnaryCall;
  logout(argument: _confed_v1_LogoutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_LogoutResponseReceived>): grpc.ClientUnaryCall;
  logout(argument: _confed_v1_LogoutRequest, callback: grpc.requestCallback<_confed_v1_LogoutResponseReceived>): grpc.ClientUnaryCall;
  
  ReadLog(argument: _confed_v1_ReadLogRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_ReadLogResponseReceived>;
  ReadLog(argument: _confed_v1_ReadLogRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_ReadLogResponseReceived>;
  readLog(argument: _confed_v1_ReadLogRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_ReadLogResponseReceived>;
  readLog(argument: _confed_v1_ReadLogRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_ReadLogResponseReceived>;
  
  Renew(argument: _confed_v1_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_EnrollResponseReceived>): grpc.ClientUnaryCall;
  Renew(argument: _confed_v1_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_EnrollResponseReceived>): grpc.ClientUnaryCall;
  Renew(argument: _confed_v1_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_EnrollResponseReceived>): grpc.ClientUnaryCall;
  Renew(argument: _confed_v1_RenewRequest, callback: grpc.requestCallback<_confed_v1_EnrollResponseReceived>): grpc.ClientUnaryCall;
  renew(argument: _confed_v1_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_EnrollResponseReceived>): grpc.ClientUnaryCall;
  renew(argument: _confed_v1_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_EnrollResponseReceived>): grpc.ClientUnaryCall;
  renew(argument: _confed_v1_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_EnrollResponseReceived>): grpc.ClientUnaryCall;
  renew(argument: _confed_v1_RenewRequest, callback: grpc.requestCallback<_confed_v1_EnrollResponseReceived>): grpc.ClientUnaryCall;
  
  Resolve(argument: _confed_v1_ResolveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ResolveResponseReceived>): grpc.ClientUnaryCall;
  Resolve(argument: _confed_v1_ResolveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_ResolveResponseReceived>): grpc.ClientUnaryCall;
  Resolve(argument: _confed_v1_ResolveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ResolveResponseReceived>): grpc.ClientUnaryCall;
  Resolve(argument: _confed_v1_ResolveRequest, callback: grpc.requestCallback<_confed_v1_ResolveResponseReceived>): grpc.ClientUnaryCall;
  resolve(argument: _confed_v1_ResolveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ResolveResponseReceived>): grpc.ClientUnaryCall;
  resolve(argument: _confed_v1_ResolveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_ResolveResponseReceived>): grpc.ClientUnaryCall;
  resolve(argument: _confed_v1_ResolveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_ResolveResponseReceived>): grpc.ClientUnaryCall;
  resolve(argument: _confed_v1_ResolveRequest, callback: grpc.requestCallback<_confed_v1_ResolveResponseReceived>): grpc.ClientUnaryCall;
  
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
  
  Watch(argument: _confed_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_WatchResponseReceived>;
  Watch(argument: _confed_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_WatchResponseReceived>;
  watch(argument: _confed_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_WatchResponseReceived>;
  watch(argument: _confed_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_confed_v1_WatchResponseReceived>;
  
  WhoAmI(argument: _confed_v1_WhoAmIRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_WhoAmIResponseReceived>): grpc.ClientUnaryCall;
  WhoAmI(argument: _confed_v1_WhoAmIRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_WhoAmIResponseReceived>): grpc.ClientUnaryCall;
  WhoAmI(argument: _confed_v1_WhoAmIRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_WhoAmIResponseReceived>): grpc.ClientUnaryCall;
  WhoAmI(argument: _confed_v1_WhoAmIRequest, callback: grpc.requestCallback<_confed_v1_WhoAmIResponseReceived>): grpc.ClientUnaryCall;
  whoAmI(argument: _confed_v1_WhoAmIRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_WhoAmIResponseReceived>): grpc.ClientUnaryCall;
  whoAmI(argument: _confed_v1_WhoAmIRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_confed_v1_WhoAmIResponseReceived>): grpc.ClientUnaryCall;
  whoAmI(argument: _confed_v1_WhoAmIRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_confed_v1_WhoAmIResponseReceived>): grpc.ClientUnaryCall;
  whoAmI(argument: _confed_v1_WhoAmIRequest, callback: grpc.requestCallback<_confed_v1_WhoAmIResponseReceived>): grpc.ClientUnaryCall;
  
}

export interface HeadHandlers extends grpc.UntypedServiceImplementation {
  Administer: grpc.handleUnaryCall<_confed_v1_AdministerRequestReceived, _confed_v1_AdministerResponse>;
  
  Attach: grpc.handleBidiStreamingCall<_confed_v1_AttachRequestReceived, _confed_v1_AttachResponse>;
  
  Control: grpc.handleUnaryCall<_confed_v1_ControlRequestReceived, _confed_v1_ControlResponse>;
  
  Define: grpc.handleUnaryCall<_confed_v1_DefineRequestReceived, _confed_v1_DefineResponse>;
  
  Definitions: grpc.handleServerStreamingCall<_confed_v1_DefinitionsRequestReceived, _confed_v1_DefinitionsResponse>;
  
  Enroll: grpc.handleUnaryCall<_confed_v1_EnrollRequestReceived, _confed_v1_EnrollResponse>;
  
  Enrolment: grpc.handleUnaryCall<_confed_v1_EnrolmentRequestReceived, _confed_v1_EnrolmentResponse>;
  
  Follow: grpc.handleServerStreamingCall<_confed_v1_FollowRequestReceived, _confed_v1_FollowResponse>;
  
  Inspect: grpc.handleUnaryCall<_confed_v1_InspectRequestReceived, _confed_v1_ConsoleStatus>;
  
  Join: grpc.handleBidiStreamingCall<_confed_v1_JoinReportReceived, _confed_v1_JoinReply>;
  
  List: grpc.handleServerStreamingCall<_confed_v1_ListRequestReceived, _confed_v1_ListResponse>;
  
  Login: grpc.handleUnaryCall<_confed_v1_LoginRequestReceived, _confed_v1_LoginResponse>;
  
  Logout: grpc.handleUnaryCall<_confed_v1_LogoutRequestReceived, _confed_v1_LogoutResponse>;
  
  ReadLog: grpc.handleServerStreamingCall<_confed_v1_ReadLogRequestReceived, _confed_v1_ReadLogResponse>;
  
  Renew: grpc.handleUnaryCall<_confed_v1_RenewRequestReceived, _confed_v1_EnrollResponse>;
  
  Resolve: grpc.handleUnaryCall<_confed_v1_ResolveRequestReceived, _confed_v1_ResolveResponse>;
  
  Status: grpc.handleUnaryCall<_confed_v1_StatusRequestReceived, _confed_v1_ProcessStatus>;
  
  Tail: grpc.handleServerStreamingCall<_confed_v1_TailRequestReceived, _confed_v1_TailResponse>;
  
  Watch: grpc.handleServerStreamingCall<_confed_v1_WatchRequestReceived, _confed_v1_WatchResponse>;
  
  WhoAmI: grpc.handleUnaryCall<_confed_v1_WhoAmIRequestReceived, _confed_v1_WhoAmIResponse>;
  
}

export interface HeadDefinition extends grpc.ServiceDefinition {
  Administer: MethodDefinition<_confed_v1_AdministerRequest, _confed_v1_AdministerResponse, _confed_v1_AdministerRequestReceived, _confed_v1_AdministerResponseReceived>
  Attach: MethodDefinition<_confed_v1_AttachRequest, _confed_v1_AttachResponse, _confed_v1_AttachRequestReceived, _confed_v1_AttachResponseReceived>
  Control: MethodDefinition<_confed_v1_ControlRequest, _confed_v1_ControlResponse, _confed_v1_ControlRequestReceived, _confed_v1_ControlResponseReceived>
  Define: MethodDefinition<_confed_v1_DefineRequest, _confed_v1_DefineResponse, _confed_v1_DefineRequestReceived, _confed_v1_DefineResponseReceived>
  Definitions: MethodDefinition<_confed_v1_DefinitionsRequest, _confed_v1_DefinitionsResponse, _confed_v1_DefinitionsRequestReceived, _confed_v1_DefinitionsResponseReceived>
  Enroll: MethodDefinition<_confed_v1_EnrollRequest, _confed_v1_EnrollResponse, _confed_v1_EnrollRequestReceived, _confed_v1_EnrollResponseReceived>
  Enrolment: MethodDefinition<_confed_v1_EnrolmentRequest, _confed_v1_EnrolmentResponse, _confed_v1_EnrolmentRequestReceived, _confed_v1_EnrolmentResponseReceived>
  Follow: MethodDefinition<_confed_v1_FollowRequest, _confed_v1_FollowResponse, _confed_v1_FollowRequestReceived, _confed_v1_FollowResponseReceived>
  Inspect: MethodDefinition<_confed_v1_InspectRequest, _confed_v1_ConsoleStatus, _confed_v1_InspectRequestReceived, _confed_v1_ConsoleStatusReceived>
  Join: MethodDefinition<_confed_v1_JoinReport, _confed_v1_JoinReply, _confed_v1_JoinReportReceived, _confed_v1_JoinReplyReceived>
  List: MethodDefinition<_confed_v1_ListRequest, _confed_v1_ListResponse, _confed_v1_ListRequestReceived, _confed_v1_ListResponseReceived>
  Login: MethodDefinition<_confed_v1_LoginRequest, _confed_v1_LoginResponse, _confed_v1_LoginRequestReceived, _confed_v1_LoginResponseReceived>
  Logout: MethodDefinition<_confed_v1_LogoutRequest, _confed_v1_LogoutResponse, _confed_v1_LogoutRequestReceived, _confed_v1_LogoutResponseReceived>
  ReadLog: MethodDefinition<_confed_v1_ReadLogRequest, _confed_v1_ReadLogResponse, _confed_v1_ReadLogRequestReceived, _confed_v1_ReadLogResponseReceived>
  Renew: MethodDefinition<_confed_v1_RenewRequest, _confed_v1_EnrollResponse, _confed_v1_RenewRequestReceived, _confed_v1_EnrollResponseReceived>
  Resolve: MethodDefinition<_confed_v1_ResolveRequest, _confed_v1_ResolveResponse, _confed_v1_ResolveRequestReceived, _confed_v1_ResolveResponseReceived>
  Status: MethodDefinition<_confed_v1_StatusRequest, _confed_v1_ProcessStatus, _confed_v1_StatusRequestReceived, _confed_v1_ProcessStatusReceived>
  Tail: MethodDefinition<_confed_v1_TailRequest, _confed_v1_TailResponse, _confed_v1_TailRequestReceived, _confed_v1_TailResponseReceived>
  Watch: MethodDefinition<_confed_v1_WatchRequest, _confed_v1_WatchResponse, _confed_v1_WatchRequestReceived, _confed_v1_WatchResponseReceived>
  WhoAmI: MethodDefinition<_confed_v1_WhoAmIRequest, _confed_v1_WhoAmIResponse, _confed_v1_WhoAmIRequestReceived, _confed_v1_WhoAmIResponseReceived>
}
