import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfedError, silentLogger, systemClock } from "@confed/kernel";
import { ConfedRig, LinkRecorder, runConfed } from "@confed/testkit";
import { exec } from "@confed/transports";
import { expect, test } from "vitest";

// F45. Names, users and arguments are data: no shell reads them, and none of them becomes an option
// of a program that we start ourselves.

const deps = {
  clock: systemClock,
  logger: silentLogger,
  resolver: { resolve: () => Promise.reject(new Error("no names here")) },
};
const signal = new AbortController().signal;

const HOSTILE = [
  "-froot",
  "-oProxyCommand=touch /tmp/owned",
  "--help",
  "; touch owned",
  "$(touch owned)",
  "`touch owned`",
  "| touch owned",
  "&& touch owned",
  "> owned",
  "a\nb; touch owned",
  "'\"; touch owned; '",
  "EXEC:touch owned,pty",
  "*",
  "~root",
  "%h",
  "\u001b]0;x\u0007",
];

test("the arguments of an exec console reach its program as they are written, and nothing else runs", async () => {
  const rig = new ConfedRig();
  const work = join(rig.directory, "work");
  mkdirSync(work);
  // argv, one to a line, as the program itself was given it.
  const argv = [
    process.execPath,
    "-e",
    "for (const a of process.argv.slice(1)) console.log(JSON.stringify(a))",
    "--",
  ];
  const sink = new LinkRecorder();
  const transport = exec({ argv: [...argv, ...HOSTILE] as [string, ...string[]], cwd: work });
  await transport(deps).open({ signal, sink });
  await sink.closed;
  const seen = sink
    .text()
    .split("\r\n")
    .filter((line) => line.startsWith('"'))
    .map((line) => JSON.parse(line) as string);
  expect(seen).toEqual(HOSTILE);
  expect(existsSync(join(work, "owned"))).toBe(false);
  expect(existsSync("/tmp/owned")).toBe(false);
});

test.each([...HOSTILE, "-sfiles", "--service=files", "-i", "root:x", "root\nroot", ""])(
  "%j is refused as the user of an exec console",
  async (user) => {
    const sink = new LinkRecorder();
    const opened = async () => exec({ argv: ["/bin/id", "-un"], user })(deps).open({ signal, sink });
    const error = await opened().then(
      () => undefined,
      (reason: unknown) => ConfedError.from(reason),
    );
    expect(error?.code).toBe("invalid_argument");
    expect(error?.message).not.toMatch(/[\p{Cc}]/u);
    expect(sink.text()).toBe("");
  },
);

test.each(HOSTILE)(
  "%j is refused as the name of a console by the configuration and the command line",
  async (name) => {
    const rig = new ConfedRig();
    const table = join(rig.directory, "c.jsonl");
    const file = { name, transport: "exec", argv: ["/bin/true"] };
    writeFileSync(table, `${JSON.stringify(file)}\n`);
    const checked = await runConfed(["check", table], { cwd: rig.directory });
    expect(checked.status).toBe(2);
    expect(checked.stderr + checked.stdout).toContain("is not a console name");
    expect((checked.stderr + checked.stdout).replaceAll("\n", "")).not.toMatch(/[\p{Cc}]/u);
  },
);
