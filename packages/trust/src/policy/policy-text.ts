import { ConfedError, isConsoleName, neutralise, parseSelection } from "@confed/kernel";
import {
  type Binding,
  BUILT_IN_ROLES,
  POLICY_LIMITS,
  type Policy,
  type Revocation,
  type Role,
  type Rule,
} from "./policy.ts";
import { parseVerbs, type VerbSet, verbsIn } from "./verbs.ts";

/**
 * The one text of a policy: what means the same is written the same, however it was put together.
 * Heads sign it, agents keep it.
 */
export function formatPolicy({ revision, roles, bindings, revoked }: Policy): string {
  return JSON.stringify({
    v: 1,
    revision,
    roles: [...roles].sort(by("name")).map(({ name, rules }) => ({ name, rules: sortedRules(rules) })),
    bindings: [...bindings].sort(by("to")).map(({ to, roles: names }) => ({ to, roles: distinct(names) })),
    revoked: [...revoked]
      .sort(by("subject"))
      .map((one) => ({ subject: one.subject, revision: one.revision })),
  });
}

/**
 * The policy that a text says. Throws "invalid_argument" for anything that is not exactly one:
 * a part that is not understood might be what denies.
 */
export function parsePolicy(text: string): Policy {
  if (text.length > POLICY_LIMITS.textBytesMax)
    throw fault("the policy", `is longer than ${POLICY_LIMITS.textBytesMax} bytes (textBytesMax)`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fault("the policy", "is not JSON");
  }
  const fields = record(value, "the policy", ["v", "revision", "roles", "bindings", "revoked"]);
  if (fields["v"] !== 1) throw fault("the policy", "is of a version that is not known here");
  const policy = {
    revision: wholeNumber(fields["revision"], "revision"),
    roles: list(fields["roles"], "roles", POLICY_LIMITS.rolesMax).map(roleOf),
    bindings: list(fields["bindings"], "bindings", POLICY_LIMITS.bindingsMax).map(bindingOf),
    revoked: list(fields["revoked"], "revoked", POLICY_LIMITS.revokedMax).map(revocationOf),
  };
  once(policy.roles, "name", "role");
  once(policy.bindings, "to", "binding");
  once(policy.revoked, "subject", "revocation");
  return policy;
}

/** Throws "invalid_argument" for a role that cannot be: its name, its rules, their selections. */
export function checkRole({ name, rules }: Role): Role {
  if (!isConsoleName(name)) throw fault(`"${neutralise(name, 140)}"`, "is not the name of a role");
  if (BUILT_IN_ROLES.some((role) => role.name === name))
    throw fault(`the role ${name}`, "is always there and cannot be changed");
  if (rules.length === 0) throw fault(`the role ${name}`, "has no rule");
  if (rules.length > POLICY_LIMITS.rulesPerRoleMax)
    throw fault(`the role ${name}`, `has more than ${POLICY_LIMITS.rulesPerRoleMax} rules (rulesPerRoleMax)`);
  for (const rule of rules) {
    parseSelection(rule.consoles);
    if (rule.verbs === 0) throw fault(`the role ${name}`, "has a rule without a verb");
    for (const agent of rule.agents ?? [])
      if (!isConsoleName(agent)) throw fault(`"${neutralise(agent, 140)}"`, "is not the name of an agent");
  }
  return { name, rules };
}

/** Throws "invalid_argument" for a binding to nobody, or of nothing. */
export function checkBinding({ to, roles }: Binding): Binding {
  if (!BOUND.test(to))
    throw fault(
      `"${neutralise(to, 140)}"`,
      "is nobody that roles can be given to",
      "user:NAME, group:NAME, local:NAME",
    );
  if (roles.length > POLICY_LIMITS.rolesPerBindingMax)
    throw fault(to, `has more than ${POLICY_LIMITS.rolesPerBindingMax} roles (rolesPerBindingMax)`);
  for (const role of roles)
    if (!isConsoleName(role)) throw fault(`"${neutralise(role, 140)}"`, "is not the name of a role");
  return { to, roles };
}

/** Names as user databases have them, realms included. No blanks, no controls, no colon. */
const BOUND = /^(?:user|group|local):[A-Za-z0-9_][A-Za-z0-9._@\\$-]{0,127}$/;

/** One key for all the rules that mean the same. */
function sortedRules(rules: readonly Rule[]): object[] {
  const written = rules.map(({ effect, verbs, consoles, agents }) => ({
    effect,
    verbs: verbsIn(verbs),
    consoles,
    ...(agents === undefined ? {} : { agents: distinct(agents) }),
  }));
  return written
    .map((rule) => ({ rule, key: JSON.stringify(rule) }))
    .sort(by("key"))
    .map(({ rule }) => rule);
}

function roleOf(value: unknown): Role {
  const { name, rules } = record(value, "a role", ["name", "rules"]);
  const role = text(name, "the name of a role");
  return checkRole({
    name: role,
    rules: list(rules, `the rules of ${neutralise(role, 140)}`, POLICY_LIMITS.rulesPerRoleMax).map(ruleOf),
  });
}

function ruleOf(value: unknown): Rule {
  const fields = record(value, "a rule", ["effect", "verbs", "consoles", "agents"]);
  const { effect, verbs, consoles, agents } = fields;
  if (effect !== "allow" && effect !== "deny") throw fault("a rule", "neither allows nor denies");
  return {
    effect,
    verbs: list(verbs, "the verbs of a rule", 32).reduce<VerbSet>(
      (set, verb) => set | parseVerbs(text(verb, "a verb")),
      0,
    ),
    consoles: text(consoles, "the consoles of a rule"),
    ...(agents === undefined
      ? {}
      : { agents: list(agents, "the agents of a rule", 10_000).map((agent) => text(agent, "an agent")) }),
  };
}

function bindingOf(value: unknown): Binding {
  const { to, roles } = record(value, "a binding", ["to", "roles"]);
  return checkBinding({
    to: text(to, "who is bound"),
    roles: list(roles, "the roles of a binding", POLICY_LIMITS.rolesPerBindingMax).map((role) =>
      text(role, "a role"),
    ),
  });
}

function revocationOf(value: unknown): Revocation {
  const { subject, revision } = record(value, "a revocation", ["subject", "revision"]);
  return { subject: text(subject, "who is revoked"), revision: wholeNumber(revision, "a revocation") };
}

function record(value: unknown, what: string, keys: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw fault(what, "is no record");
  for (const key of Object.keys(value))
    if (!keys.includes(key)) throw fault(what, `has "${neutralise(key, 40)}", which is not known here`);
  return value as Readonly<Record<string, unknown>>;
}

function list(value: unknown, what: string, countMax: number): readonly unknown[] {
  if (!Array.isArray(value)) throw fault(what, "is no list");
  if (value.length > countMax) throw fault(what, `has more than ${countMax} entries`);
  return value;
}

function text(value: unknown, what: string): string {
  if (typeof value !== "string") throw fault(what, "is no text");
  return value;
}

function wholeNumber(value: unknown, what: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw fault(what, "is no revision");
  return value as number;
}

function once<Key extends string>(
  items: readonly Readonly<Record<Key, unknown>>[],
  key: Key,
  what: string,
): void {
  if (new Set(items.map((item) => item[key])).size < items.length)
    throw fault("the policy", `has the same ${what} twice`);
}

function distinct(words: readonly string[]): string[] {
  return [...new Set(words)].sort();
}

function by<Key extends string>(key: Key) {
  return (a: Readonly<Record<Key, string>>, b: Readonly<Record<Key, string>>): number =>
    a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0;
}

function fault(what: string, problem: string, hint?: string): ConfedError {
  return new ConfedError("invalid_argument", `${what} ${problem}`, { subject: "policy", hint });
}
