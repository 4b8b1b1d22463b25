export {
  ATTACH_VERBS,
  type Authority,
  type CompiledPolicy,
  compilePolicy,
  decide,
  FULL_AUTHORITY,
  NO_AUTHORITY,
} from "./compile-policy.ts";
export {
  type Binding,
  BUILT_IN_ROLES,
  EMPTY_POLICY,
  POLICY_LIMITS,
  type Policy,
  type Revocation,
  type Role,
  type Rule,
  type Subject,
} from "./policy.ts";
export { checkBinding, checkRole, formatPolicy, parsePolicy } from "./policy-text.ts";
export {
  ALL_VERBS,
  CONTROL_VERBS,
  holds,
  isVerb,
  parseVerbs,
  VERBS,
  type Verb,
  type VerbSet,
  verbSet,
  verbsIn,
} from "./verbs.ts";
