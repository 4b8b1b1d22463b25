import { ConfedRig } from "@confed/testkit";
import { expect, test, vi } from "vitest";

const ESC = String.fromCharCode(27);

/** What is asked for, the exit status, and what of it the message must show. */
const ASKED = [
  ["a console that nobody has", "nosuch", 3, "nosuch"],
  ["a way out of the directory", "../n1", 2, "../n1"],
  ["a path", "/etc/passwd", 2, "/etc/passwd"],
  ["dots only", "..", 2, ".."],
  ["a huge name", "n".repeat(100_000), 2, "nnnnnnnn"],
  ["control characters", `n1${ESC}[2J`, 2, "n1"],
  ["another alphabet", "nöd1", 2, "n"],
  ["an end of line", "n1\nn2", 2, "n1"],
] as const;

test("rcons names what there is not and what cannot be, and exits with 3 and 2", async () => {
  const { rig, servers, head } = await idlePair();
  for (const server of servers) {
    for (const [what, name, status, shown] of ASKED) {
      const commands = server === head ? [[], ["info"], ["log"], ["send", "--text", "x"]] : [[]];
      const runs = commands.map((command) => rig.rcons(server, ...command, name));
      for (const run of runs) {
        run.endInput();
        expect(await run.exited, `${what}: ${run.said}`).toBe(status);
        expect(run.stderr, what).toContain(shown);
        expect(run.stderr.length, what).toBeLessThan(1_000);
        expect(run.stderr, what).not.toContain(ESC);
        expect(run.output, what).toBe("");
      }
    }
  }
});

test("an agent and a head refuse bad names also from a client that does not check them", async () => {
  const { rig, servers, head } = await idlePair();
  const { signal } = new AbortController();
  for (const name of ["../../../etc/passwd", "/etc/passwd", "n".repeat(100_000), `n1${ESC}[2J`, "", "\0"]) {
    const expectRefusal = async (call: Promise<unknown>) => {
      const error = await call.catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code: expect.stringMatching(/^(not_found|invalid_argument)$/) as string,
      });
      expect(String(error).length).toBeLessThan(1_000);
      expect(String(error)).not.toContain(ESC);
    };
    for (const server of servers) {
      const { client } = rig.channel<"Head" | "Agent">(server);
      await expectRefusal(rig.attach(server, { console: name }).whenOpened());
      await expectRefusal(client.inspect({ console: name }, { signal }));
      const read = client.readLog({ console: name, lastLines: 10 }, { signal });
      await expectRefusal(new Promise((resolve) => read.receive(() => undefined, resolve)));
    }
    await expectRefusal(rig.channel(head).client.resolve({ console: name }, { signal }));
  }
  for (const server of servers) {
    const { client } = rig.channel<"Head" | "Agent">(server);
    expect(await client.inspect({ console: "n1" }, { signal })).toMatchObject({ name: "n1" });
  }
});

async function idlePair() {
  const rig = new ConfedRig();
  const head = await rig.startHead();
  const agent = await rig.startAgent({
    heads: [head.address],
    consoles: [{ name: "n1", transport: "exec", argv: ["cat"], onDemand: true }],
  });
  await rig.watch(head).shows("n1", "IDLE");
  // Right after its start a head does not know yet what it does not have.
  const { client } = rig.channel(head);
  await vi.waitFor(
    async () => {
      const asked = client.resolve({ console: "nosuch" }, { signal: new AbortController().signal });
      await expect(asked).rejects.toMatchObject({ code: "not_found" });
    },
    { timeout: 20_000, interval: 250 },
  );
  return { rig, head, agent, servers: [head, agent] };
}
