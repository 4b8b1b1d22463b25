import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { ConfedError } from "@confed/kernel";
import { Inbox } from "@confed/testkit";
import { generateSigningKey } from "@confed/trust";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GuardedRig } from "./guarded-rig.ts";

let rig: GuardedRig;
beforeEach(async () => {
  rig = new GuardedRig();
  await rig.startHead();
});
afterEach(() => rig[Symbol.asyncDispose]());

const asRoot = process.getuid?.() === 0;
if (!asRoot) process.stderr.write("skipped: sockets of groups need root\n");

test("the agent's own user is let in by its socket with the head dead, and everybody sees who it is", async () => {
  await rig.startAgent("sn01", ["n1"]);
  await rig.known("n1");
  await rig.killHead();
  const path = join(rig.stateOf("sn01"), "control", "agent.sock");
  expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
  const { client } = rig.local("Agent", path);
  const listed = new Inbox(client.list({}, { signal: rig.signal }));
  expect(await listed.end()).toBeUndefined();
  const attached = await rig.present(
    client.attach({ signal: rig.signal }),
    { console: "n1" },
    generateSigningKey(),
  );
  expect(await attached.whenOpened()).toMatchObject({ mode: "WRITE", subject: "local:admin" });
  attached.type("reboot\r");
  await rig.devices.get("n1")?.received.reached(7);
  const { viewers } = await client.inspect({ console: "n1" }, { signal: rig.signal });
  expect(viewers).toMatchObject([{ subject: "local:admin", mode: "WRITE" }]);
});

test.runIf(asRoot)(
  "a group's socket lets in its members with the roles of that socket, and nobody else",
  async () => {
    const directory = join(rig.directory, "sockets");
    mkdirSync(directory);
    chmodSync(rig.directory, 0o755);
    await rig.startAgent("sn01", ["n1"], { sockets: [{ group: "games", roles: ["viewer"], directory }] });
    const path = join(directory, "games", "agent.sock");
    const gid = Number(execFileSync("getent", ["group", "games"]).toString().split(":")[2]);
    const guard = statSync(join(path, ".."));
    expect([guard.mode & 0o777, guard.gid]).toEqual([0o750, gid]);
    const connects = (group: number) =>
      new Promise<string>((resolve) => {
        const code =
          'require("net").connect(process.argv[1]).on("connect",()=>process.exit(0)).on("error",(e)=>{console.log(e.code);process.exit(1)})';
        const child = spawn(process.execPath, ["-e", code, path], {
          uid: 65_534,
          gid: group,
          stdio: ["ignore", "pipe", "ignore"],
        });
        let said = "";
        child.stdout.on("data", (text: Buffer) => (said += text.toString()));
        child.on("close", (status) => {
          resolve(status === 0 ? "connected" : said.trim());
        });
      });
    expect(await connects(gid)).toBe("connected");
    expect(await connects(65_534)).toBe("EACCES");
    const { client } = rig.local("Agent", path);
    const attached = await rig.present(
      client.attach({ signal: rig.signal }),
      { console: "n1" },
      generateSigningKey(),
    );
    expect(await attached.whenOpened()).toMatchObject({ mode: "VIEW", subject: "local:games" });
    const refused = await client
      .control({ selection: "", reload: {} }, { signal: rig.signal })
      .catch(ConfedError.from);
    expect(refused).toMatchObject({ code: "permission_denied" });
  },
);

test("a group that the host does not have is a named error, and the agent does not start", async () => {
  const directory = join(rig.directory, "sockets");
  mkdirSync(directory);
  const started = rig.startAgent("sn01", ["n1"], {
    sockets: [{ group: "no-such-group", roles: ["viewer"], directory }],
  });
  await expect(started).rejects.toMatchObject({
    code: "invalid_argument",
    rawMessage: "this host has no group no-such-group",
  });
});
