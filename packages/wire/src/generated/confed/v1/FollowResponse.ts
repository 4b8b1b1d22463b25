// From proto/confed/v1/head.proto

import type { StoreStatement as _confed_v1_StoreStatement, StoreStatementReceived as _confed_v1_StoreStatementReceived } from '../../confed/v1/StoreStatement.ts';

export interface FollowResponse {
  'lines'?: (Buffer | Uint8Array | string);
  'statement'?: (_confed_v1_StoreStatement | null);
  'message'?: "lines"|"statement";
}

export interface FollowResponseReceived {
  'lines'?: (Buffer);
  'statement'?: (_confed_v1_StoreStatementReceived | null);
  'message'?: "lines"|"statement";
}
