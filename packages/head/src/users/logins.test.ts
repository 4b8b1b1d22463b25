import { ConfedError } from "@confed/kernel";
import { FakeClock, MemoryStore } from "@confed/testkit";
import { beforeEach, expect, test } from "vitest";
import { administer } from "./administer.ts";
import { API_PREFIX, LOGIN_LIMITS, Logins } from "./logins.ts";

let store: MemoryStore;
let clock: FakeClock;
let logins: Logins;
const reused: string[] = [];
const edit = { create: true, password: "correct horse", addGroups: ["ops"], removeGroups: [] };
const act = (request: object) => administer(request, { store, clock });

beforeEach(async () => {
  store = new MemoryStore();
  clock = new FakeClock();
  reused.length = 0;
  logins = new Logins({ store, clock, onReuse: (user) => reused.push(user) });
  await act({ action: "editUser", editUser: { name: "anna", ...edit } });
});

test("a password gives tokens, which say who it is; nothing that opens anything is stored", async () => {
  const { access, refresh } = await logins.login("anna", "correct horse");
  expect(logins.subjectOf(access)).toEqual({ name: "user:anna", groups: ["ops"] });
  const stored = JSON.stringify([...store.list("users"), ...store.list("logins")]);
  for (const secret of ["correct horse", access, refresh.split(".")[1] ?? ""])
    expect(stored).not.toContain(secret);
  expect(stored).toContain("$argon2id$v=19$m=19456,t=2,p=1$");
});

test("a wrong password and an unknown user are told alike, and so is a user without a password", async () => {
  await act({ action: "editUser", editUser: { name: "bot", ...edit, password: "" } });
  const errors = await Promise.all(
    (["anna", "nobody", "bot"] as const).map((user) =>
      logins.login(user, "wrong wrong").then(
        () => undefined,
        (reason: unknown) => ({
          code: ConfedError.from(reason).code,
          rawMessage: ConfedError.from(reason).rawMessage,
        }),
      ),
    ),
  );
  expect(new Set(errors.map((error) => JSON.stringify(error)))).toEqual(
    new Set([JSON.stringify({ code: "unauthenticated", rawMessage: "wrong user or password" })]),
  );
  // Checked beside each other, and told in the order in which that ended.
});

test("guessing is slowed down for that account alone, and never for good", async () => {
  for (let guess = 0; guess < 4; guess++)
    await logins.login("anna", `guess no ${guess}`).catch(() => undefined);
  await expect(logins.login("anna", "correct horse")).rejects.toThrow("too many wrong passwords; again in");
  await act({ action: "editUser", editUser: { name: "ben", ...edit } });
  await logins.login("ben", "correct horse");
  clock.advance(60_000);
  await logins.login("anna", "correct horse");
});

test("an access token ends after ten minutes, a refresh token gives the next, once", async () => {
  const first = await logins.login("anna", "correct horse");
  clock.advance(LOGIN_LIMITS.accessMs);
  expect(logins.subjectOf(first.access)).toBeUndefined();
  const second = await logins.refresh(first.refresh);
  expect(logins.subjectOf(second.access)?.name).toBe("user:anna");
  const third = await logins.refresh(second.refresh);
  expect(third.refresh).not.toBe(second.refresh);
});

test("a refresh token that is used twice ends the log-in for both who have it", async () => {
  const first = await logins.login("anna", "correct horse");
  const second = await logins.refresh(first.refresh);
  await expect(logins.refresh(first.refresh)).rejects.toThrow("this log-in is over");
  expect(reused).toEqual(["anna"]);
  await expect(logins.refresh(second.refresh)).rejects.toThrow("this log-in is over");
  expect(logins.subjectOf(second.access)).toBeUndefined();
});

test("a log-in ends after its time, at a logout, with another password, and with its user", async () => {
  const over = async (end: () => unknown) => {
    const { access, refresh } = await logins.login("anna", "correct horse");
    await end();
    expect(logins.subjectOf(access)).toBeUndefined();
    await expect(logins.refresh(refresh)).rejects.toThrow("this log-in is over");
  };
  await over(() => {
    clock.advance(LOGIN_LIMITS.loginMs);
  });
  const { refresh } = await logins.login("anna", "correct horse");
  await logins.logout(refresh);
  await expect(logins.refresh(refresh)).rejects.toThrow("this log-in is over");
  const same = { name: "anna", ...edit, create: false, addGroups: [] };
  await over(() => act({ action: "editUser", editUser: same }));
  await over(() => act({ action: "editUser", editUser: { ...same, password: "", removeGroups: ["ops"] } }));
  await over(() => act({ action: "removeUser", removeUser: "anna" }));
  expect(store.get("revocations", "user:anna")?.revision).toBe(store.revision);
});

test.each(["", ".", "a.b", "confed_", "confed_a.b", "x".repeat(5_000), "eyJpZCI6IjEifQ.AAAA"])(
  "a token that is none (%s) is nobody's",
  (token) => {
    expect(logins.subjectOf(token)).toBeUndefined();
  },
);

test("an API token is shown once, is its user's, and ends with its time, its removal or its user", async () => {
  const create = async (ttlMs = 0) => {
    const { token = "" } = await act({
      action: "createApiToken",
      createApiToken: { user: "anna", note: "ci", ttlMs },
    });
    expect(token.startsWith(API_PREFIX)).toBe(true);
    expect(logins.subjectOf(token)).toEqual({ name: "user:anna", groups: ["ops"] });
    return token;
  };
  const short = await create(1_000);
  clock.advance(1_000);
  expect(logins.subjectOf(short)).toBeUndefined();
  const removed = await create();
  const id = removed.slice(API_PREFIX.length).split(".")[0] ?? "";
  await act({ action: "removeApiToken", removeApiToken: id });
  expect(logins.subjectOf(removed)).toBeUndefined();
  const last = await create();
  await act({ action: "removeUser", removeUser: "anna" });
  expect(logins.subjectOf(last)).toBeUndefined();
});

test("who logs in by another source comes with its groups; the store's passwords stay the store's", async () => {
  const pam = {
    check: async (_user: string, password: string) => (password === "of the host" ? ["wheel"] : undefined),
  };
  const both = new Logins({ store, clock, pam });
  const { access } = await both.login("carl", "of the host");
  expect(both.subjectOf(access)).toEqual({ name: "user:carl", groups: ["wheel"] });
  await expect(both.login("anna", "of the host")).rejects.toThrow("wrong user or password");
});

test.each([
  [{ action: "editUser", editUser: { ...edit, name: "anna" } }, "there is a user anna already"],
  [{ action: "editUser", editUser: { ...edit, name: "ben", create: false } }, "there is no user ben"],
  [{ action: "editUser", editUser: { ...edit, name: "a b" } }, '"a b" is not the name of a user'],
  [{ action: "editUser", editUser: { ...edit, name: "ben", password: "short" } }, "8 to 256 characters"],
  [{ action: "removeUser", removeUser: "ben" }, "there is no user ben"],
  [{ action: "removeRole", removeRole: "r" }, "there is no role r"],
  [
    { action: "editBinding", editBinding: { to: "user:anna", addRoles: ["r"], removeRoles: [] } },
    "there is no role r",
  ],
  [
    { action: "editBinding", editBinding: { to: "anna", addRoles: ["viewer"], removeRoles: [] } },
    "nobody that roles",
  ],
  [
    { action: "editBinding", editBinding: { to: "user:anna", addRoles: [], removeRoles: ["viewer"] } },
    "does not have the role viewer",
  ],
  [
    {
      action: "putRole",
      putRole: { name: "admin", rules: [{ effect: "allow", verbs: ["*"], consoles: "*", agents: [] }] },
    },
    "cannot be changed",
  ],
  [
    {
      action: "putRole",
      putRole: { name: "r", rules: [{ effect: "allow", verbs: ["look"], consoles: "*", agents: [] }] },
    },
    '"look" is not a verb',
  ],
  [
    {
      action: "putRole",
      putRole: { name: "r", rules: [{ effect: "allow", verbs: ["view"], consoles: "n[", agents: [] }] },
    },
    '"[" without "]"',
  ],
  [{ action: "revoke", revoke: "anna" }, "user:NAME or local:NAME"],
  [{}, "no known action"],
])("an administration that cannot be is refused by name, and changes nothing", async (request, problem) => {
  const { revision } = store;
  const error = await act(request).then(
    () => undefined,
    (reason: unknown) => `${ConfedError.from(reason).message} ${ConfedError.from(reason).hint ?? ""}`,
  );
  expect(error).toContain(problem);
  expect(store.revision).toBe(revision);
});

test("roles and bindings are kept, shown, and a role in use is not removed", async () => {
  const rules = [{ effect: "deny", verbs: ["break"], consoles: "@db", agents: ["sn01"] }];
  await act({ action: "putRole", putRole: { name: "careful", rules } });
  await act({
    action: "editBinding",
    editBinding: { to: "group:ops", addRoles: ["operator", "careful"], removeRoles: [] },
  });
  await expect(act({ action: "removeRole", removeRole: "careful" })).rejects.toThrow(
    "group:ops still have the role careful",
  );
  const { users, roles = [], bindings } = await act({ action: "show" });
  expect(users).toEqual([{ name: "anna", groups: ["ops"], hasPassword: true }]);
  expect(roles.map(({ name }) => name)).toEqual(["admin", "operator", "viewer", "careful"]);
  expect(roles[3]?.rules).toEqual(rules);
  expect(bindings).toEqual([{ to: "group:ops", roles: ["careful", "operator"] }]);
  await act({
    action: "editBinding",
    editBinding: { to: "group:ops", addRoles: [], removeRoles: ["operator", "careful"] },
  });
  await act({ action: "removeRole", removeRole: "careful" });
  expect((await act({ action: "show" })).bindings).toEqual([]);
});
