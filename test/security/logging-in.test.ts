import { ConfedError } from "@confed/kernel";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GuardedRig } from "./guarded-rig.ts";

let rig: GuardedRig;
beforeEach(async () => {
  rig = new GuardedRig();
  await rig.startHead();
});
afterEach(() => rig[Symbol.asyncDispose]());

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (reason: unknown) => ConfedError.from(reason),
  );

test("an administrator makes a user, who logs in, is somebody, and is nobody when removed", async () => {
  await rig.startAgent("sn01", ["n1"]);
  await rig.known("n1");
  const admin = rig.channel("Head", rig.headAddress, "rig").client;
  const act = (request: Parameters<typeof admin.administer>[0]) =>
    admin.administer(request, { signal: rig.signal });
  await act({ editUser: { name: "anna", create: true, password: "correct horse", addGroups: ["ops"] } });
  await act({ editBinding: { to: "group:ops", addRoles: ["operator"] } });
  const anybody = rig.channel("Head", rig.headAddress).client;
  const password = { user: "anna", password: "correct horse" };
  const { accessToken, refreshToken } = await anybody.login({ password }, { signal: rig.signal });
  const anna = rig.bearing("Head", rig.headAddress, accessToken).client;
  expect(await anna.whoAmI({}, { signal: rig.signal })).toMatchObject({ subject: "anna" });
  await anna.inspect({ console: "n1" }, { signal: rig.signal });
  expect(await failure(anna.administer({ show: {} }, { signal: rig.signal }))).toMatchObject({
    code: "permission_denied",
  });
  const next = await anybody.login({ refreshToken }, { signal: rig.signal });
  await act({ removeUser: "anna" });
  for (const token of [accessToken, next.accessToken, "Zm9v.YmFy"]) {
    const gone = rig.bearing("Head", rig.headAddress, token).client;
    expect(await failure(gone.inspect({ console: "n1" }, { signal: rig.signal }))).toMatchObject({
      code: "unauthenticated",
    });
  }
  const late = await failure(anybody.login({ refreshToken: next.refreshToken }, { signal: rig.signal }));
  expect(late).toMatchObject({ code: "unauthenticated", rawMessage: "this log-in is over" });
});

test("an API token attaches as its user through the head, and its session ends with the user", async () => {
  await rig.startAgent("sn01", ["n1"]);
  await rig.known("n1");
  const admin = rig.channel("Head", rig.headAddress, "rig").client;
  const act = (request: Parameters<typeof admin.administer>[0]) =>
    admin.administer(request, { signal: rig.signal });
  await act({ editUser: { name: "bot", create: true } });
  await act({ editBinding: { to: "user:bot", addRoles: ["operator"] } });
  const { token } = await act({ createApiToken: { user: "bot", note: "ci" } });
  const { attached } = await rig.attach({ bearer: token }, { console: "n1" }, "relay");
  expect(await attached.whenOpened()).toMatchObject({ mode: "WRITE", subject: "bot" });
  await act({ removeUser: "bot" });
  expect(await attached.whenEnded()).toMatchObject({ code: "permission_denied" });
});
