// From proto/confed/v1/head.proto

import type { PasswordLogin as _confed_v1_PasswordLogin, PasswordLoginReceived as _confed_v1_PasswordLoginReceived } from '../../confed/v1/PasswordLogin.ts';

export interface LoginRequest {
  'password'?: (_confed_v1_PasswordLogin | null);
  'refreshToken'?: (string);
  'how'?: "password"|"refreshToken";
}

export interface LoginRequestReceived {
  'password'?: (_confed_v1_PasswordLoginReceived | null);
  'refreshToken'?: (string);
  'how'?: "password"|"refreshToken";
}
