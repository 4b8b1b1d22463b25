// From proto/confed/v1/head.proto

import type { UserInfo as _confed_v1_UserInfo, UserInfoReceived as _confed_v1_UserInfoReceived } from '../../confed/v1/UserInfo.ts';
import type { RoleText as _confed_v1_RoleText, RoleTextReceived as _confed_v1_RoleTextReceived } from '../../confed/v1/RoleText.ts';
import type { BindingInfo as _confed_v1_BindingInfo, BindingInfoReceived as _confed_v1_BindingInfoReceived } from '../../confed/v1/BindingInfo.ts';
import type { ApiTokenInfo as _confed_v1_ApiTokenInfo, ApiTokenInfoReceived as _confed_v1_ApiTokenInfoReceived } from '../../confed/v1/ApiTokenInfo.ts';

export interface AdministerResponse {
  'users'?: (_confed_v1_UserInfo)[];
  'roles'?: (_confed_v1_RoleText)[];
  'bindings'?: (_confed_v1_BindingInfo)[];
  'token'?: (string);
  'apiTokens'?: (_confed_v1_ApiTokenInfo)[];
  'unlisted'?: (number);
}

export interface AdministerResponseReceived {
  'users': (_confed_v1_UserInfoReceived)[];
  'roles': (_confed_v1_RoleTextReceived)[];
  'bindings': (_confed_v1_BindingInfoReceived)[];
  'token': (string);
  'apiTokens': (_confed_v1_ApiTokenInfoReceived)[];
  'unlisted': (number);
}
