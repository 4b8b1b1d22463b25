import { ConfedError, silentLogger, systemClock } from "@confed/kernel";
import { type BmcConsole, LinkRecorder, skippedWithout, startBmcConsole } from "@confed/testkit";
import { exec } from "@confed/transports";
import { describe, expect, onTestFinished, test } from "vitest";

const { user, password } = { user: "operator", password: "stranger's pw" };

/** Programs of others, and what ends them. None is told of any fault to work around. */
const CLIENTS = [
  {
    program: "ipmitool",
    argv: (port: number, suite: number) => [
      "-I",
      "lanplus",
      "-H",
      "127.0.0.1",
      "-p",
      port,
      "-U",
      user,
      "-P",
      password,
      "-C",
      suite,
      "sol",
      "activate",
    ],
    leave: "\r~.",
  },
  {
    program: "ipmiconsole",
    argv: (port: number, suite: number) => [
      "-h",
      `127.0.0.1:${port}`,
      "-u",
      user,
      "-p",
      password,
      "-I",
      suite,
    ],
    leave: "&.",
  },
] as const;

for (const { program, argv, leave } of CLIENTS) {
  const skipped = skippedWithout(program);

  describe.skipIf(skipped !== "")(`the simulator's BMC with ${program}${skipped}`, () => {
    test.each([3, 17])(
      "suite %d: it logs in, carries bytes both ways, and leaves nothing behind",
      async (suite) => {
        const console = await startConsole();
        const { link, recorder } = await run(program, argv(console.bmc.port, suite).map(String));
        await console.print(Buffer.from("tick 1\r\n"));
        await recorder.printed("tick 1");
        link.write(Buffer.from("mark"));
        await console.received.reached(4);
        expect(console.received.bytes().toString()).toBe("mark");
        link.write(Buffer.from(leave));
        await recorder.closed;
        await console.free();
        expect(console.bmc.sessions.size).toBe(0);
      },
    );

    test("a wrong password is refused", async () => {
      const console = await startConsole("other");
      const { recorder } = await run(program, argv(console.bmc.port, 17).map(String));
      await recorder.closed;
      expect(recorder.text()).toMatch(/password|HMAC|Unable to establish/i);
      expect(console.bmc.activations).toBe(0);
    });
  });
}

/** ipmiconsole cannot name a port above 32767, and the kernel gives none below: some are tried. */
async function startConsole(bmcPassword = password): Promise<BmcConsole> {
  for (let port = 20_000 + (process.pid % 5_000); ; port += 1) {
    try {
      const console = await startBmcConsole({ port, user: { user, password: bmcPassword } });
      onTestFinished(() => console.close());
      return console;
    } catch (reason) {
      if (ConfedError.from(reason).code !== "conflict") throw reason;
    }
  }
}

/** Under a pty, as an operator has it. */
async function run(program: string, args: readonly string[]) {
  const recorder = new LinkRecorder();
  const transport = exec({
    argv: [program, ...args],
    env: { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin`, TERM: "vt100" },
  })({
    clock: systemClock,
    logger: silentLogger,
    resolver: { resolve: () => Promise.reject(new Error("a program has no address")) },
  });
  const link = await transport.open({ signal: new AbortController().signal, sink: recorder });
  onTestFinished(() => link.close());
  return { link, recorder };
}
