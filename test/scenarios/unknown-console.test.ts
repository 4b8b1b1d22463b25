import { ConfedRig } from "@confed/testkit";
import { expect, test } from "vitest";

const ESC = String.fromCharCode(27);

test.each([
  ["a console that nobody has", "nosuch", 3, "nosuch"],
  ["a way out of the directory", "../n1", 2, "../n1"],
  ["a path", "/etc/passwd", 2, "/etc/passwd"],
  ["dots only", "..", 2, ".."],
  ["a huge name", "n".repeat(100_000), 2, "nnnnnnnn"],
  ["control characters", `n1${ESC}[2J`, 2, "n1"],
  ["another alphabet", "nöd1", 2, "n"],
  ["a name with an end of line", "n1\nn2", 2, "n1"],
])("rcons says so when it is given %s", async (_, name, status, said) => {
  const rig = new ConfedRig();
  const head = await rig.startHead();
  const agent = await rig.startAgent({
    heads: [head.address],
    consoles: [{ name: "n1", transport: "exec", argv: ["cat"], onDemand: true }],
  });
  await rig.watch(head).shows("n1", "IDLE");
  for (const server of [head, agent]) {
    for (const command of [[], ["info"], ["log"], ["send", "--text", "x"]]) {
      const run = rig.rcons(server, ...command, name);
      run.endInput();
      expect(await run.exited, run.said).toBe(status);
      expect(run.stderr).toContain(said);
      expect(run.stderr.length).toBeLessThan(1_000);
      expect(run.stderr).not.toContain(ESC);
      expect(run.output).toBe("");
    }
  }
});

test.each([["../../../etc/passwd"], ["/etc/passwd"], ["n".repeat(100_000)], [`n1${ESC}[2J`], [""], ["\0"]])(
  "an agent and a head refuse %j from a client that does not check",
  async (name) => {
    const rig = new ConfedRig();
    const head = await rig.startHead();
    const agent = await rig.startAgent({
      heads: [head.address],
      consoles: [{ name: "n1", transport: "exec", argv: ["cat"], onDemand: true }],
    });
    const screen = rig.watch(head);
    await screen.shows("n1", "IDLE");
    const refusal = { code: expect.stringMatching(/^(not_found|invalid_argument)$/) as string };
    const short = (error: unknown) => {
      expect(error).toMatchObject(refusal);
      expect(String(error).length).toBeLessThan(1_000);
      expect(String(error)).not.toContain(ESC);
    };
    const { signal } = new AbortController();
    for (const server of [head, agent]) {
      const { client } = rig.channel<"Head" | "Agent">(server);
      short(await rig.attach(server, { console: name }).whenOpened().catch((reason: unknown) => reason));
      short(await client.inspect({ console: name }, { signal }).catch((reason: unknown) => reason));
      const read = client.readLog({ console: name, lastLines: 10 }, { signal });
      short(await new Promise((resolve) => read.receive(() => undefined, resolve)));
    }
    const { client } = rig.channel(head);
    short(await client.resolve({ console: name }, { signal }).catch((reason: unknown) => reason));
    // They go on as before.
    expect(await client.inspect({ console: "n1" }, { signal })).toMatchObject({ name: "n1" });
  },
);
