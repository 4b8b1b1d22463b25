// From proto/confed/v1/head.proto

import type { RoleRule as _confed_v1_RoleRule, RoleRuleReceived as _confed_v1_RoleRuleReceived } from '../../confed/v1/RoleRule.ts';

export interface RoleText {
  'name'?: (string);
  'rules'?: (_confed_v1_RoleRule)[];
}

export interface RoleTextReceived {
  'name': (string);
  'rules': (_confed_v1_RoleRuleReceived)[];
}
