// From proto/confed/v1/head.proto


export interface RoleRule {
  'effect'?: (string);
  'verbs'?: (string)[];
  'consoles'?: (string);
  'agents'?: (string)[];
}

export interface RoleRuleReceived {
  'effect': (string);
  'verbs': (string)[];
  'consoles': (string);
  'agents': (string)[];
}
