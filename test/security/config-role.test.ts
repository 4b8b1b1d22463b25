import { join } from "node:path";
import { CountingDevice, RconsRun, runConfed } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "./cluster.ts";

/** Two agents without consoles, and anna, who may change those of rack r1 and nothing else, logged in. */
async function annasRack() {
  const cluster = new Cluster();
  const head = await cluster.head();
  for (const id of ["sn01", "sn02"]) {
    const { config } = await cluster.enrolled(head, { id, consoles: [] });
    await cluster.agent(id, config).start();
    await head.process.logged("agent synced", { agent: id });
  }
  const device = await CountingDevice.start();
  onTestFinished(() => device.close());
  const admin = async (args: readonly string[], input?: string) => {
    const run = await runConfed([...args, "-c", head.config], { input });
    expect(run).toMatchObject({ status: 0 });
    return run.stdout;
  };
  await admin(["user", "add", "anna"], "correct horse\n");
  await admin([
    "role",
    "add",
    "rack1",
    "--allow",
    "list,config:n[1-4]",
    "--deny",
    "*:n4",
    "--agents",
    "sn01",
  ]);
  await admin(["grant", "user:anna", "rack1"]);
  const pin = /pin (\S+)/.exec(await admin(["ca", "show"]))?.[1] ?? "";
  const env = { CONFED_CREDENTIALS: join(cluster.directory, "credentials.json"), CONFED_HEAD: head.address };
  const login = new RconsRun(["login", "anna", "--pin", pin], env);
  await login.type("correct horse\n");
  login.endInput();
  expect(await login.exited, login.said).toBe(0);
  /** What `confed console ...` says to her, and its status. */
  const anna = async (...args: readonly string[]): Promise<[status: number, said: string]> => {
    const run = await runConfed(["console", ...args, "--head", head.address], { env });
    return [run.status, `${run.stdout}${run.stderr}`.split("\n")[0] ?? ""];
  };
  const at = ["transport=tcp", "host=127.0.0.1", `port=${device.port}`];
  return { head, admin, anna, device, at };
}

test("whoever may change some consoles changes those, and of all others learns and changes nothing, twice", async () => {
  const { head, admin, anna, device, at } = await annasRack();
  const ls = async () => (await admin(["console", "ls", "--json"])).split("\n");
  await admin(["console", "add", "n9", "--agent", "sn01", ...at]);
  await admin(["console", "add", "n4", "--agent", "sn01", ...at]);
  for (const round of [1, 2]) {
    expect(await anna("add", "n1", "--agent", "sn01", ...at)).toEqual([0, "n1: added"]);
    expect(await anna("edit", "n1", `labels.round=${round}`)).toEqual([0, "n1: changed"]);
    await device.until(({ count }) => count === 3);

    // What is there and what is not are told alike.
    for (const [there, absent] of [
      ["n9", "n8"],
      ["n4", "n5"],
    ] as const) {
      const told = async (name: string, ...args: readonly string[]) => {
        const [status, said] = await anna(...args.map((word) => (word === "NAME" ? name : word)));
        return [status, said.replaceAll(name, "NAME")];
      };
      for (const what of [
        ["add", "NAME", "--agent", "sn01", ...at],
        ["edit", "NAME", "labels.a=b"],
        ["rm", "NAME"],
        ["move", "NAME", "sn02"],
        ["ls", "NAME"],
      ]) {
        const refused = await told(there, ...what);
        expect(refused, what.join(" ")).toEqual(await told(absent, ...what));
        if (what[0] !== "ls") expect(refused[0], what.join(" ")).not.toBe(0);
      }
    }
    // Nor may she give away what is hers, or take by force.
    expect(await anna("move", "n1", "sn02")).toEqual([4, "confed: your roles do not allow config on n1"]);
    expect(await anna("move", "n1", "sn02", "--force")).toEqual([
      4,
      "confed: your roles do not allow config on n1",
    ]);
    expect(await anna("add", "n2", "--agent", "sn02", ...at)).toEqual([
      4,
      "confed: your roles do not allow config on n2",
    ]);
    expect((await ls()).join()).toContain('"name":"n9"');

    // Of a selection what is hers.
    expect(await anna("rm", "*")).toEqual([0, "n1: removed"]);
    await device.until(({ count }) => count === 2);
    expect((await ls()).filter((line) => line !== "")).toHaveLength(2);
  }
  const audit = await runConfed(["audit", "show", "-c", head.config]);
  expect(audit.stdout).toMatch(/assignment\.changed.*anna/);
}, 120_000);
