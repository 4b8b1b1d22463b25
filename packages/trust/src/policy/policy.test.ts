import { matches, parseSelection, type Selectable, systemClock } from "@confed/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compilePolicy, decide } from "./compile-policy.ts";
import { BUILT_IN_ROLES, type Policy, type Rule, type Subject } from "./policy.ts";
import { formatPolicy, parsePolicy } from "./policy-text.ts";
import { ALL_VERBS, VERBS, type Verb, verbSet } from "./verbs.ts";

const SELECTIONS = ["*", "n1", "n[1-4]", "n*,-n2", "@compute", "@login", "rack=r1", "rack=r1,-n3", "x9"];

const verbs = fc.subarray([...VERBS], { minLength: 1 }).map(verbSet);
const rule: fc.Arbitrary<Rule> = fc
  .record({
    effect: fc.constantFrom("allow", "deny"),
    verbs,
    consoles: fc.constantFrom(...SELECTIONS),
    agents: fc.option(fc.subarray(["sn01", "sn02"], { minLength: 1 }), { nil: undefined }),
  })
  .map(({ agents, ...rest }) => (agents === undefined ? rest : { ...rest, agents }));
const ROLE_NAMES = ["r0", "r1", "r2", "viewer", "nosuch"];
const policy: fc.Arbitrary<Policy> = fc.record({
  revision: fc.nat(),
  roles: fc.tuple(
    ...["r0", "r1", "r2"].map((name) =>
      fc.record({ name: fc.constant(name), rules: fc.array(rule, { minLength: 1, maxLength: 4 }) }),
    ),
  ),
  bindings: fc.tuple(
    ...["user:anna", "group:ops", "group:all"].map((to) =>
      fc.record({ to: fc.constant(to), roles: fc.subarray(ROLE_NAMES) }),
    ),
  ),
  revoked: fc.constant([]),
});
const subject: fc.Arbitrary<Subject> = fc.record({
  name: fc.constantFrom("user:anna", "user:ben"),
  groups: fc.subarray(["ops", "all", "none"]),
  roles: fc.subarray(ROLE_NAMES),
});
type Guarded = Selectable & { readonly owner: string };
const console: fc.Arbitrary<Guarded> = fc.record({
  name: fc.constantFrom("n1", "n2", "n3", "n4", "x9"),
  groups: fc.subarray(["compute", "login"]),
  labels: fc.constantFrom({}, { rack: "r1" }, { rack: "r2" }),
  owner: fc.constantFrom("sn01", "sn02"),
});
const verb = fc.constantFrom<Verb>(...VERBS);

/** The definition, word for word: some rule of some role allows it, and none denies it. */
function naive({ roles, bindings }: Policy, who: Subject, what: Verb, where: Guarded): boolean {
  const names = new Set(who.roles);
  for (const { to, roles: given } of bindings)
    if (to === who.name || who.groups.some((group) => to === `group:${group}`))
      for (const name of given) names.add(name);
  const said = [...roles, ...BUILT_IN_ROLES]
    .filter(({ name }) => names.has(name))
    .flatMap(({ rules }) => rules)
    .filter((one) => (one.verbs & verbSet([what])) !== 0)
    .filter((one) => one.agents === undefined || one.agents.includes(where.owner))
    .filter((one) => matches(parseSelection(one.consoles), where));
  return said.some(({ effect }) => effect === "allow") && !said.some(({ effect }) => effect === "deny");
}

test("a compiled policy decides as its definition does", () => {
  fc.assert(
    fc.property(policy, subject, verb, console, (what, who, one, where) => {
      const here = { console: where, owner: where.owner };
      expect(decide(compilePolicy(what), who, verbSet([one]), here)).toBe(naive(what, who, one, where));
    }),
    { numRuns: 5_000 },
  );
});

test("what may ever or always be done is what can be done with some or with every console", () => {
  fc.assert(
    fc.property(policy, subject, verb, console, (what, who, one, where) => {
      const authority = compilePolicy(what).authorityOf(who);
      const wanted = verbSet([one]);
      const here = (authority.verbsOn(where, where.owner) & wanted) !== 0;
      if (here) expect(authority.mayEver(wanted)).toBe(true);
      else expect(authority.mayAlways(wanted)).toBe(false);
    }),
    { numRuns: 5_000 },
  );
});

test("the order of roles, rules, bindings, groups and verbs changes neither a decision nor the text", () => {
  const shuffled = policy.chain((what) =>
    fc.tuple(
      fc.constant(what),
      fc.record({
        revision: fc.constant(what.revision),
        roles: fc
          .tuple(
            ...what.roles.map(({ name, rules }) =>
              fc.record({
                name: fc.constant(name),
                rules: fc.shuffledSubarray([...rules], { minLength: rules.length }),
              }),
            ),
          )
          .chain((roles) => fc.shuffledSubarray(roles, { minLength: roles.length })),
        bindings: fc.shuffledSubarray([...what.bindings], { minLength: what.bindings.length }),
        revoked: fc.constant([]),
      }),
    ),
  );
  fc.assert(
    fc.property(shuffled, subject, console, ([what, other], who, where) => {
      expect(formatPolicy(other)).toBe(formatPolicy(what));
      const reversed = { ...who, groups: [...who.groups].reverse() };
      expect(compilePolicy(other).authorityOf(reversed).verbsOn(where, where.owner)).toBe(
        compilePolicy(what).authorityOf(who).verbsOn(where, where.owner),
      );
    }),
    { numRuns: 2_000 },
  );
});

test("a denial wins, whatever else is allowed and by whichever role", () => {
  fc.assert(
    fc.property(policy, subject, verb, console, (what, who, one, where) => {
      const ban = {
        name: "ban",
        rules: [{ effect: "deny", verbs: verbSet([one]), consoles: where.name }],
      } as const;
      const banned = compilePolicy({ ...what, roles: [...what.roles, ban] });
      const roles = [...(who.roles ?? []), "admin", "ban"];
      expect(banned.authorityOf({ ...who, roles }).verbsOn(where, where.owner) & verbSet([one])).toBe(0);
    }),
    { numRuns: 1_000 },
  );
});

test("who has no role may do nothing, and a role that is not there is none", () => {
  fc.assert(
    fc.property(policy, console, (what, where) => {
      const authority = compilePolicy(what).authorityOf({
        name: "user:nobody",
        groups: ["none"],
        roles: ["nosuch"],
      });
      expect(authority.verbsOn(where, where.owner)).toBe(0);
      expect(authority.mayEver(verbSet(["list"]))).toBe(false);
    }),
  );
});

test("a text says the policy it was made of, and decides alike", () => {
  fc.assert(
    fc.property(policy, subject, console, (what, who, where) => {
      const again = parsePolicy(formatPolicy(what));
      expect(formatPolicy(again)).toBe(formatPolicy(what));
      expect(compilePolicy(again).authorityOf(who).verbsOn(where, where.owner)).toBe(
        compilePolicy(what).authorityOf(who).verbsOn(where, where.owner),
      );
    }),
  );
});

test.each([
  ["", "is not JSON"],
  ["[]", "is no record"],
  ['{"v":2,"revision":0,"roles":[],"bindings":[],"revoked":[]}', "is of a version"],
  ['{"v":1,"revision":-1,"roles":[],"bindings":[],"revoked":[]}', "is no revision"],
  ['{"v":1,"revision":0,"roles":[],"bindings":[]}', "revoked is no list"],
  ['{"v":1,"revision":0,"roles":[],"bindings":[],"revoked":[],"except":[]}', '"except", which is not known'],
  [
    '{"v":1,"revision":0,"roles":[{"name":"a","rules":[{"effect":"allow","verbs":["veiw"],"consoles":"*"}]}],"bindings":[],"revoked":[]}',
    '"veiw" is not a verb',
  ],
  [
    '{"v":1,"revision":0,"roles":[{"name":"a","rules":[{"effect":"allow","verbs":["view"],"consoles":"n[1-"}]}],"bindings":[],"revoked":[]}',
    '"[" without "]"',
  ],
  [
    '{"v":1,"revision":0,"roles":[{"name":"admin","rules":[{"effect":"allow","verbs":["view"],"consoles":"*"}]}],"bindings":[],"revoked":[]}',
    "cannot be changed",
  ],
  ['{"v":1,"revision":0,"roles":[],"bindings":[{"to":"anna","roles":[]}],"revoked":[]}', "nobody that roles"],
  [
    '{"v":1,"revision":0,"roles":[],"bindings":[{"to":"user:a","roles":[]},{"to":"user:a","roles":[]}],"revoked":[]}',
    "the same binding twice",
  ],
])("a policy that says %s is refused", (text, problem) => {
  expect(() => parsePolicy(text)).toThrow(problem);
});

test("permission from before a revocation is void, later permission is not", () => {
  const { isRevoked } = compilePolicy({
    revision: 7,
    roles: [],
    bindings: [],
    revoked: [{ subject: "user:anna", revision: 5 }],
  });
  expect([isRevoked("user:anna", 4), isRevoked("user:anna", 5), isRevoked("user:ben", 0)]).toEqual([
    true,
    false,
    false,
  ]);
});

test("100,000 consoles are decided without anything being kept of them", () => {
  const roles = Array.from({ length: 20 }, (_, index) => ({
    name: `role${index}`,
    rules: [
      { effect: "allow", verbs: ALL_VERBS, consoles: `n[${index * 5_000}-${index * 5_000 + 4_999}]` },
      { effect: "deny", verbs: verbSet(["force"]), consoles: `rack=r${index}` },
    ] as const,
  }));
  const compiled = compilePolicy({
    revision: 1,
    roles,
    bindings: [{ to: "user:anna", roles: roles.map(({ name }) => name) }],
    revoked: [],
  });
  const authority = compiled.authorityOf({ name: "user:anna", groups: [] });
  const consoles = Array.from({ length: 100_000 }, (_, index) => ({
    name: `n${index}`,
    groups: [],
    labels: { rack: `r${index % 40}` },
    owner: "sn01",
  }));
  // Once to warm up; then what matters.
  for (const one of consoles) authority.verbsOn(one, one.owner);
  const startedMs = systemClock.nowMs();
  let writable = 0;
  let forceable = 0;
  for (const one of consoles) {
    const allowed = authority.verbsOn(one, one.owner);
    if ((allowed & verbSet(["write"])) !== 0) writable += 1;
    if ((allowed & verbSet(["force"])) !== 0) forceable += 1;
  }
  const tookMs = systemClock.nowMs() - startedMs;
  expect(writable).toBe(100_000);
  expect(forceable).toBe(50_000);
  // Seen: 0.2-1 s for 40 rules each. Far above: somebody parses or allocates in there.
  expect(tookMs).toBeLessThan(8_000);
});
