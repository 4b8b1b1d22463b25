import { matches, parseSelection, type Selectable, type Selection } from "@confed/kernel";
import { BUILT_IN_ROLES, type Policy, type Role, type Rule, type Subject } from "./policy.ts";
import { ALL_VERBS, holds, type VerbSet, verbSet } from "./verbs.ts";

/** What one subject may do, over all its roles. Holds nothing per console; see {@link Authority.verbsOn}. */
export interface Authority {
  /**
   * What it may do with this console of that agent. Costs one look at each rule that could matter: a hash look-up
   * for names, groups and agents, a scan for patterns and labels.
   */
  verbsOn(console: Selectable, owner: string): VerbSet;
  /** Some console may be allowed this: without it, nobody need look at any. */
  mayEver(verbs: VerbSet): boolean;
  /** Every console is allowed this, whatever its name: nobody need look at any. */
  mayAlways(verbs: VerbSet): boolean;
}

/** A policy made ready for decisions. */
export interface CompiledPolicy {
  readonly revision: number;
  /** Whoever has no role may do nothing. Costs a look-up for each of its groups and roles. */
  authorityOf(subject: Subject): Authority;
  /** Permission given to this subject under `revision` is void. */
  isRevoked(subject: string, revision: number): boolean;
}

/** Parses each selection once; the result is shared by everybody who has the role. */
export function compilePolicy({ revision, roles, bindings, revoked }: Policy): CompiledPolicy {
  const selections = new Map<string, Selection>();
  const ruleOf = (rule: Rule) => compiledRule(rule, selections);
  const rulesOf = new Map(
    [...roles, ...BUILT_IN_ROLES].map(({ name, rules }: Role) => [name, rules.map(ruleOf)] as const),
  );
  const rolesOf = new Map(bindings.map(({ to, roles: names }) => [to, names] as const));
  const voidBelow = new Map(revoked.map(({ subject, revision: below }) => [subject, below] as const));
  return {
    revision,
    authorityOf({ name, groups, roles: granted = [] }) {
      const names = new Set(granted);
      for (const key of [name, ...groups.map((group) => `group:${group}`)])
        for (const role of rolesOf.get(key) ?? []) names.add(role);
      return authority([...names].flatMap((role) => rulesOf.get(role) ?? []));
    },
    isRevoked: (subject, given) => given < (voidBelow.get(subject) ?? 0),
  };
}

/** True if the subject may do that: one decision, for who makes few. */
export function decide(
  policy: CompiledPolicy,
  subject: Subject,
  verbs: VerbSet,
  { console, owner }: { readonly console: Selectable; readonly owner: string },
): boolean {
  return holds(policy.authorityOf(subject).verbsOn(console, owner), verbs);
}

interface CompiledRule {
  readonly verbs: VerbSet;
  readonly allows: boolean;
  /** Undefined: every console. */
  readonly selection: Selection | undefined;
  readonly agents: ReadonlySet<string> | undefined;
}

function compiledRule(
  { effect, verbs, consoles, agents }: Rule,
  selections: Map<string, Selection>,
): CompiledRule {
  let selection: Selection | undefined;
  if (consoles !== "*") {
    selection = selections.get(consoles) ?? parseSelection(consoles);
    selections.set(consoles, selection);
  }
  return { verbs, allows: effect === "allow", selection, agents: agents && new Set(agents) };
}

function fits({ selection, agents }: CompiledRule, console: Selectable, owner: string): boolean {
  return (
    (agents === undefined || agents.has(owner)) && (selection === undefined || matches(selection, console))
  );
}

function authority(rules: readonly CompiledRule[]): Authority {
  const isTotal = ({ selection, agents }: CompiledRule) => selection === undefined && agents === undefined;
  const everywhere = (allows: boolean) =>
    union(rules.filter((rule) => rule.allows === allows && isTotal(rule)));
  const deniedEverywhere = everywhere(false);
  const allowedSomewhere = union(rules.filter(({ allows }) => allows)) & ~deniedEverywhere;
  const deniedSomewhere = union(rules.filter(({ allows }) => !allows));
  const allowedEverywhere = everywhere(true) & ~deniedSomewhere;
  // What holds everywhere is known; the rest is looked at per console, denials first, since they end it.
  const local = rules.filter((rule) => !isTotal(rule));
  const denials = local.filter(({ allows }) => !allows);
  const permissions = local.filter(({ allows }) => allows);
  const allowedByTotal = everywhere(true) & ~deniedEverywhere;
  return {
    verbsOn(console, owner) {
      let denied = deniedEverywhere;
      for (const rule of denials)
        if ((rule.verbs & ~denied) !== 0 && fits(rule, console, owner)) denied |= rule.verbs;
      let allowed = allowedByTotal & ~denied;
      for (const rule of permissions)
        if ((rule.verbs & ~denied & ~allowed) !== 0 && fits(rule, console, owner))
          allowed |= rule.verbs & ~denied;
      return allowed;
    },
    mayEver: (verbs) => (allowedSomewhere & verbs) === verbs,
    mayAlways: (verbs) => (allowedEverywhere & verbs) === verbs,
  };
}

function union(rules: readonly CompiledRule[]): VerbSet {
  return rules.reduce((set, { verbs }) => set | verbs, 0);
}

/** Authority over everything, of whoever is trusted by other means. */
export const FULL_AUTHORITY: Authority = authority([
  { verbs: ALL_VERBS, allows: true, selection: undefined, agents: undefined },
]);

/** Authority over nothing. */
export const NO_AUTHORITY: Authority = authority([]);

/** What it takes to attach: to watch, and to watch and write. */
export const ATTACH_VERBS = { VIEW: verbSet(["view"]), WRITE: verbSet(["view", "write"]) } as const;
