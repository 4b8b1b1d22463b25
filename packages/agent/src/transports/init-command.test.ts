import { silentLogger, systemClock } from "@confed/kernel";
import { LinkRecorder } from "@confed/testkit";
import {
  type ExecOptions,
  type LinkSink,
  memory,
  startProgram,
  type TransportDeps,
} from "@confed/transports";
import { expect, onTestFinished, test } from "vitest";
import { withInitCommand } from "./init-command.ts";

function begun(command: ExecOptions) {
  const { transport, farEnd } = memory();
  const deps = { clock: systemClock, logger: silentLogger } as TransportDeps;
  const way = withInitCommand(transport(deps), command, { clock: systemClock, start: startProgram });
  const notices: string[] = [];
  let onTold: (() => void) | undefined;
  const sink = Object.assign(new LinkRecorder(), {
    onNotice: (text) => {
      notices.push(text);
      onTold?.();
    },
  } satisfies Partial<LinkSink>);
  const open = async () => {
    const link = await way.open({ signal: new AbortController().signal, sink });
    onTestFinished(() => link.close());
    return link;
  };
  const received = () => Buffer.concat(farEnd.received).toString();
  const until = async (text: string) => {
    while (!received().includes(text))
      await new Promise<void>((resolve) => (farEnd.onInput = () => resolve()));
  };
  const told = () =>
    notices.length > 0 ? Promise.resolve() : new Promise<void>((resolve) => (onTold = resolve));
  return { farEnd, notices, sink, open, received, until, told };
}

const sh = (script: string): ExecOptions => ({ argv: ["/bin/sh", "-ce", script] });

test("the program reads what the console prints, types what it prints, and nobody else types until it ends, each time", async () => {
  const { farEnd, notices, sink, open, received, until } = begun(
    sh("printf 'user\\n'; read answer; printf \"got $answer\\n\" >&2; read last"),
  );
  for (const time of [1, 2]) {
    farEnd.received.length = 0;
    notices.length = 0;
    const link = await open();
    await until("user\n");
    expect([link.write(Buffer.from("x")), link.write(Buffer.from("y"))]).toEqual([-1, -1]);
    farEnd.feed(Buffer.from(`name ${time}\n`));
    await until(`got name ${time}\n`);
    expect(received()).toBe(`user\ngot name ${time}\n`);
    farEnd.feed(Buffer.from("end\n"));
    while (link.write(Buffer.from("z")) < 0)
      await new Promise<void>((resolve) => systemClock.after(5, resolve));
    await until("z");
    expect(notices).toEqual(["nobody can type here until the console's init command has ended"]);
    await link.close();
  }
  expect(sink.text()).toBe("name 1\nend\nname 2\nend\n");
});

test.each([
  [sh("exit 3"), "the init command failed: exit(3)"],
  [sh("kill -9 $$"), "the init command failed: signal(SIGKILL)"],
  [
    { argv: ["/nowhere/program"] },
    "the init command was not started: program /nowhere/program does not exist",
  ],
  [
    { argv: ["/bin/true"], user: "nobody-of-that-name" },
    "the init command was not started: user nobody-of-that-name does not exist on this host",
  ],
])("a program that fails is told, and the console goes on: %j", async (command, message) => {
  const { notices, open, until, told } = begun(command);
  const link = await open();
  await told();
  expect(notices).toEqual([message]);
  while (link.write(Buffer.from("z")) < 0)
    await new Promise<void>((resolve) => systemClock.after(5, resolve));
  await until("z");
});

test("the end of the link is the end of the program and of what it started", async () => {
  const { farEnd, notices, open, received, until } = begun(sh("sleep 1000 & echo pid $! $$; wait"));
  await open();
  await until("\n");
  const [, ...pids] = received().trim().split(" ");
  farEnd.hangUp();
  for (const pid of pids) {
    while (alive(Number(pid))) await new Promise<void>((resolve) => systemClock.after(5, resolve));
  }
  expect([pids.length, notices]).toEqual([2, []]);
});

test("output beyond what waits for a program that does not read is not kept for it, and that is said once", async () => {
  const { farEnd, notices, sink, open, until } = begun(sh("echo on; exec sleep 1000"));
  await open();
  await until("on");
  for (let at = 0; at < 64; at += 1) farEnd.feed(Buffer.alloc(16 * 1024, "x"));
  expect(notices).toEqual(["the init command does not read: it misses output"]);
  expect(sink.sizeBytes).toBe(1024 * 1024);
});

test("what it prints waits in its pipe while the console takes nothing", async () => {
  const { farEnd, open, received, until } = begun(
    sh("head -c 8000000 /dev/zero | tr '\\0' y; echo; echo done"),
  );
  farEnd.stall(true);
  await open();
  // So long that it has printed what its pipe takes.
  await new Promise<void>((resolve) => systemClock.after(200, resolve));
  farEnd.stall(false);
  await until("done");
  expect(received().length).toBe(8_000_006);
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
