import { type Clock, ConfedError, neutralise } from "@confed/kernel";
import {
  BUILT_IN_ROLES,
  checkBinding,
  checkRole,
  parseVerbs,
  type Role,
  verbSet,
  verbsIn,
} from "@confed/trust";
import type { AdministerRequestReceived, AdministerResponse, RoleText } from "@confed/wire";
import type { Change, Store } from "../store/store.ts";
import { checkUserName, LOGIN_LIMITS, newApiToken } from "./logins.ts";
import { hashPassword } from "./password.ts";

export interface AdministerDeps {
  readonly store: Store;
  readonly clock: Pick<Clock, "wallTimeMs">;
}

/** One message has room for so many of a kind; the rest is counted. */
const SHOWN_MAX = 1_000;

/**
 * Users, roles, and who has which. Rejects with "not_found", "conflict" and "invalid_argument", naming what
 * is wrong; each action is one commit. What a user was given before is void when he is removed, gets another
 * password or leaves a group.
 */
export async function administer(
  request: AdministerRequestReceived,
  deps: AdministerDeps,
): Promise<AdministerResponse> {
  const { store } = deps;
  switch (request.action) {
    case "editUser":
      await editUser(request.editUser ?? missing(), deps);
      return {};
    case "removeUser":
      await removeUser(request.removeUser ?? "", deps);
      return {};
    case "putRole": {
      const role = checkRole(roleOf(request.putRole ?? missing()));
      const rules = role.rules.map((rule) => ({ ...rule, verbs: verbsIn(rule.verbs) }));
      await store.commit([{ kind: "roles", key: role.name, value: { rules } }]);
      return {};
    }
    case "removeRole":
      await removeRole(request.removeRole ?? "", store);
      return {};
    case "editBinding":
      await editBinding(request.editBinding ?? missing(), store);
      return {};
    case "createApiToken":
      return createApiToken(request.createApiToken ?? missing(), deps);
    case "removeApiToken": {
      const id = request.removeApiToken ?? "";
      if (store.get("apiTokens", id) === undefined) throw unknown("API token", id);
      await store.commit([{ kind: "apiTokens", key: id, value: undefined }]);
      return {};
    }
    case "revoke":
      await revoke(request.revoke ?? "", deps);
      return {};
    case "show":
      return shown(store);
    default:
      throw new ConfedError("invalid_argument", "no known action was asked for", { subject: "action" });
  }
}

async function editUser(
  {
    name: said,
    create,
    password,
    addGroups,
    removeGroups,
  }: {
    readonly name: string;
    readonly create: boolean;
    readonly password: string;
    readonly addGroups: readonly string[];
    readonly removeGroups: readonly string[];
  },
  deps: AdministerDeps,
): Promise<void> {
  const { store, clock } = deps;
  const name = checkUserName(said);
  const entry = store.get("users", name);
  if (create && entry !== undefined)
    throw new ConfedError("conflict", `there is a user ${name} already`, { subject: name });
  if (!create && entry === undefined) throw unknown("user", name);
  for (const group of addGroups) checkUserName(group);
  const before = entry?.value ?? { groups: [], createdMs: clock.wallTimeMs() };
  const groups = [...new Set([...before.groups, ...addGroups])]
    .filter((group) => !removeGroups.includes(group))
    .sort();
  const value = {
    ...before,
    groups,
    ...(password === "" ? {} : { password: await hashPassword(password) }),
  };
  const loses =
    before.groups.some((group) => !groups.includes(group)) || (entry !== undefined && password !== "");
  await store.commit([
    { kind: "users", key: name, value, ifRevision: entry?.revision ?? 0 },
    ...(loses ? voidOf(name, deps) : []),
  ]);
}

async function removeUser(name: string, deps: AdministerDeps): Promise<void> {
  const { store } = deps;
  if (store.get("users", name) === undefined) throw unknown("user", name);
  const tokens = store.list("apiTokens").filter(({ value }) => value.user === name);
  const changes: Change[] = [
    { kind: "users", key: name, value: undefined },
    { kind: "bindings", key: `user:${name}`, value: undefined },
    ...tokens.map(({ key }): Change => ({ kind: "apiTokens", key, value: undefined })),
    ...voidOf(name, deps),
  ];
  await store.commit(changes);
}

/** Everything that was given to this subject ends; what it is given from now on is good. */
async function revoke(subject: string, deps: AdministerDeps): Promise<void> {
  if (!/^(?:user|local):/.test(subject)) {
    throw new ConfedError(
      "invalid_argument",
      `"${neutralise(subject, 140)}" is nobody that anything was given to`,
      {
        hint: "user:NAME or local:NAME",
      },
    );
  }
  await deps.store.commit(voidOf(subject.replace(/^user:/, ""), deps, subject));
}

function voidOf(user: string, { store, clock }: AdministerDeps, subject = `user:${user}`): Change[] {
  const nowMs = clock.wallTimeMs();
  // Nothing is left by then that they could refuse.
  const old = store.list("revocations").filter(({ value }) => value.atMs < nowMs - 2 * LOGIN_LIMITS.loginMs);
  return [
    ...old.map(({ key }): Change => ({ kind: "revocations", key, value: undefined })),
    ...store
      .list("logins")
      .filter(({ value }) => value.user === user)
      .map(({ key }): Change => ({ kind: "logins", key, value: undefined })),
    { kind: "revocations", key: subject, value: { atMs: nowMs } },
  ];
}

async function removeRole(name: string, store: Store): Promise<void> {
  if (store.get("roles", name) === undefined) throw unknown("role", name);
  const bound = store.list("bindings").filter(({ value }) => value.roles.includes(name));
  if (bound.length > 0) {
    const who = bound.slice(0, 5).map(({ key }) => key);
    throw new ConfedError("failed_precondition", `${who.join(", ")} still have the role ${name}`, {
      subject: name,
      hint: `confed grant ${who[0] ?? ""} --remove ${name}`,
    });
  }
  await store.commit([{ kind: "roles", key: name, value: undefined }]);
}

async function editBinding(
  {
    to,
    addRoles,
    removeRoles,
  }: { readonly to: string; readonly addRoles: readonly string[]; readonly removeRoles: readonly string[] },
  store: Store,
): Promise<void> {
  checkBinding({ to, roles: addRoles });
  for (const role of addRoles)
    if (store.get("roles", role) === undefined && !BUILT_IN_ROLES.some(({ name }) => name === role))
      throw unknown("role", role);
  const entry = store.get("bindings", to);
  const before = entry?.value.roles ?? [];
  for (const role of removeRoles)
    if (!before.includes(role))
      throw new ConfedError("not_found", `${to} does not have the role ${role}`, { subject: to });
  const roles = [...new Set([...before, ...addRoles])].filter((role) => !removeRoles.includes(role)).sort();
  const value = roles.length === 0 ? undefined : checkBinding({ to, roles });
  await store.commit([{ kind: "bindings", key: to, value, ifRevision: entry?.revision ?? 0 }]);
}

async function createApiToken(
  { user, note, ttlMs }: { readonly user: string; readonly note: string; readonly ttlMs: number },
  { store, clock }: AdministerDeps,
): Promise<AdministerResponse> {
  if (store.get("users", user) === undefined) throw unknown("user", user);
  const { id, token, hash } = newApiToken();
  const createdMs = clock.wallTimeMs();
  const until = ttlMs === 0 ? {} : { untilMs: createdMs + ttlMs };
  const value = { user, hash, note: neutralise(note, 200), createdMs, ...until };
  await store.commit([{ kind: "apiTokens", key: id, value, ifRevision: 0 }]);
  return { token };
}

function shown(store: Store): AdministerResponse {
  const users = store.list("users");
  const roles = store.list("roles");
  const bindings = store.list("bindings");
  const tokens = store.list("apiTokens");
  const over = [users, roles, bindings, tokens].map((all) => Math.max(0, all.length - SHOWN_MAX));
  return {
    users: users.slice(0, SHOWN_MAX).map(({ key: name, value }) => ({
      ...{ name, groups: [...value.groups], hasPassword: value.password !== undefined },
    })),
    roles: [
      ...BUILT_IN_ROLES.map(textOf),
      ...roles
        .slice(0, SHOWN_MAX)
        .map(({ key: name, value }) =>
          textOf({ name, rules: value.rules.map((rule) => ({ ...rule, verbs: verbSet(rule.verbs) })) }),
        ),
    ],
    bindings: bindings.slice(0, SHOWN_MAX).map(({ key: to, value }) => ({ to, roles: [...value.roles] })),
    apiTokens: tokens
      .slice(0, SHOWN_MAX)
      .map(({ key: id, value: { user, note, createdMs, untilMs = 0 } }) => ({
        ...{ id, user, note, createdMs, untilMs },
      })),
    unlisted: over.reduce((sum, count) => sum + count, 0),
  };
}

function roleOf({ name, rules }: AdministerRequestReceived["putRole"] & object): Role {
  return {
    name,
    rules: rules.map(({ effect, verbs, consoles, agents }) => {
      if (effect !== "allow" && effect !== "deny")
        throw new ConfedError("invalid_argument", "a rule allows or denies", { subject: name });
      const rule = {
        effect,
        verbs: verbs.reduce((set, verb) => set | parseVerbs(verb), 0),
        consoles,
      } as const;
      return agents.length === 0 ? rule : { ...rule, agents };
    }),
  };
}

function textOf({ name, rules }: Role): RoleText {
  return {
    name,
    rules: rules.map(({ effect, verbs, consoles, agents = [] }) => ({
      ...{ effect, verbs: verbsIn(verbs), consoles, agents: [...agents] },
    })),
  };
}

function unknown(what: string, name: string): ConfedError {
  return new ConfedError("not_found", `there is no ${what} ${neutralise(name, 140)}`, {
    subject: name.slice(0, 140),
    hint: "confed role show, confed user ls",
  });
}

function missing(): never {
  throw new ConfedError("invalid_argument", "the action says nothing");
}
