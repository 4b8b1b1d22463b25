// From proto/confed/v1/head.proto

import type { CreateToken as _confed_v1_CreateToken, CreateTokenReceived as _confed_v1_CreateTokenReceived } from '../../confed/v1/CreateToken.ts';
import type { ListEnrolment as _confed_v1_ListEnrolment, ListEnrolmentReceived as _confed_v1_ListEnrolmentReceived } from '../../confed/v1/ListEnrolment.ts';
import type { ApproveMachine as _confed_v1_ApproveMachine, ApproveMachineReceived as _confed_v1_ApproveMachineReceived } from '../../confed/v1/ApproveMachine.ts';
import type { EnrolledName as _confed_v1_EnrolledName, EnrolledNameReceived as _confed_v1_EnrolledNameReceived } from '../../confed/v1/EnrolledName.ts';

export interface EnrolmentRequest {
  'createToken'?: (_confed_v1_CreateToken | null);
  'removeToken'?: (string);
  'list'?: (_confed_v1_ListEnrolment | null);
  'approve'?: (_confed_v1_ApproveMachine | null);
  'unlock'?: (_confed_v1_EnrolledName | null);
  'revoke'?: (_confed_v1_EnrolledName | null);
  'action'?: "createToken"|"removeToken"|"list"|"approve"|"unlock"|"revoke";
}

export interface EnrolmentRequestReceived {
  'createToken'?: (_confed_v1_CreateTokenReceived | null);
  'removeToken'?: (string);
  'list'?: (_confed_v1_ListEnrolmentReceived | null);
  'approve'?: (_confed_v1_ApproveMachineReceived | null);
  'unlock'?: (_confed_v1_EnrolledNameReceived | null);
  'revoke'?: (_confed_v1_EnrolledNameReceived | null);
  'action'?: "createToken"|"removeToken"|"list"|"approve"|"unlock"|"revoke";
}
