// From proto/confed/v1/head.proto

import type { UserEdit as _confed_v1_UserEdit, UserEditReceived as _confed_v1_UserEditReceived } from '../../confed/v1/UserEdit.ts';
import type { RoleText as _confed_v1_RoleText, RoleTextReceived as _confed_v1_RoleTextReceived } from '../../confed/v1/RoleText.ts';
import type { BindingEdit as _confed_v1_BindingEdit, BindingEditReceived as _confed_v1_BindingEditReceived } from '../../confed/v1/BindingEdit.ts';
import type { ApiTokenEdit as _confed_v1_ApiTokenEdit, ApiTokenEditReceived as _confed_v1_ApiTokenEditReceived } from '../../confed/v1/ApiTokenEdit.ts';
import type { ShowPolicy as _confed_v1_ShowPolicy, ShowPolicyReceived as _confed_v1_ShowPolicyReceived } from '../../confed/v1/ShowPolicy.ts';

export interface AdministerRequest {
  'editUser'?: (_confed_v1_UserEdit | null);
  'removeUser'?: (string);
  'putRole'?: (_confed_v1_RoleText | null);
  'removeRole'?: (string);
  'editBinding'?: (_confed_v1_BindingEdit | null);
  'createApiToken'?: (_confed_v1_ApiTokenEdit | null);
  'removeApiToken'?: (string);
  'revoke'?: (string);
  'show'?: (_confed_v1_ShowPolicy | null);
  'action'?: "editUser"|"removeUser"|"putRole"|"removeRole"|"editBinding"|"createApiToken"|"removeApiToken"|"revoke"|"show";
}

export interface AdministerRequestReceived {
  'editUser'?: (_confed_v1_UserEditReceived | null);
  'removeUser'?: (string);
  'putRole'?: (_confed_v1_RoleTextReceived | null);
  'removeRole'?: (string);
  'editBinding'?: (_confed_v1_BindingEditReceived | null);
  'createApiToken'?: (_confed_v1_ApiTokenEditReceived | null);
  'removeApiToken'?: (string);
  'revoke'?: (string);
  'show'?: (_confed_v1_ShowPolicyReceived | null);
  'action'?: "editUser"|"removeUser"|"putRole"|"removeRole"|"editBinding"|"createApiToken"|"removeApiToken"|"revoke"|"show";
}
