import { FakeClock, LinkRecorder } from "@confed/testkit";
import type { Connection, ServerChannel } from "ssh2";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ssh } from "./ssh.ts";
import { SshTestBench } from "./ssh-test-bench.ts";

let bench: SshTestBench<FakeClock, LinkRecorder>;
beforeEach(() => {
  bench = new SshTestBench(new FakeClock(), () => new LinkRecorder());
});
afterEach(async () => {
  await bench.end();
  expect(bench.clock.pending, "timers left").toBe(0);
});

describe("sessions", () => {
  test("a shell has a pty of the type asked for, follows the window, and breaks", async () => {
    const { open, server: far } = await bench.start({ breaks: "done" });
    const { link } = await open({ terminalType: "vt220" });
    link.resize(132, 43);
    link.resize(0, 43);
    link.resize(Number.NaN, 1);
    await link.sendBreak(250);
    expect(far.events.slice(-4)).toEqual(["pty vt220 80x24", "shell", "window 132x43", "break 250"]);
    await link.close();
  });

  test("a command has a pty, a subsystem has none", async () => {
    const { open, server: far } = await bench.start();
    await (await open({ command: "sol activate" })).link.close();
    await (await open({ subsystem: "console" })).link.close();
    expect(far.events.filter((event) => !event.startsWith("auth"))).toEqual([
      "pty xterm-256color 80x24",
      "exec sol activate",
      "subsystem console",
    ]);
    expect(() =>
      ssh({ host: "a", user: "b", knownHosts: { path: bench.path }, command: "c", subsystem: "d" }),
    ).toThrow("not both");
  });

  test("what is sent while keys are exchanged waits, is counted, and arrives in order", async () => {
    const received: string[] = [];
    let rekey = (): void => undefined;
    const { open, server: far } = await bench.start({
      breaks: "done",
      onChannel: (channel) => {
        channel.on("data", (bytes: Buffer) => received.push(bytes.toString()));
        const { _client: connection } = channel as unknown as { _client: Connection };
        rekey = () => connection.rekey();
      },
    });
    const { link } = await open();
    rekey();
    for (const socket of far.sockets) socket.pause(); // Our half of the exchange stays unread.
    for (let count = 0; count < 20; count += 1) await turn();
    expect(link.write(Buffer.from("one"))).toBeGreaterThan(0);
    await turn();
    expect(link.write(Buffer.from("two"))).toBeGreaterThan(3);
    const sent = Promise.all([link.sendBreak(250), link.drained()]);
    for (const socket of far.sockets) socket.resume();
    await sent;
    expect(far.events).toContain("break 250");
    expect(received.join("")).toBe("onetwo");
    await link.close();
  });

  test("a break that nobody answers ends with its deadline, or with the link", async () => {
    const { open, server: far } = await bench.start({ breaks: "unanswered" });
    const { link } = await open();
    const late = link.sendBreak(1);
    await far.until(() => far.events.includes("break 1"));
    bench.clock.advance(10_000);
    await expect(late).rejects.toMatchObject({ code: "deadline_exceeded" });
    const lost = link.sendBreak(2);
    await Promise.all([link.close(), expect(lost).rejects.toMatchObject({ code: "console_down" })]);
    await expect(link.sendBreak(3)).rejects.toMatchObject({ code: "console_down" });
  });

  test.each([
    ["status 0", (channel: ServerChannel) => (channel.exit(0), channel.end()), { by: "remote" }],
    ["no status", (channel: ServerChannel) => channel.end(), { by: "remote" }],
    [
      "a status",
      (channel: ServerChannel) => (channel.exit(7), channel.end()),
      {
        by: "failure",
        error: { code: "process_exited", rawMessage: expect.stringContaining("with status 7") },
      },
    ],
    [
      "a signal",
      (channel: ServerChannel) => (channel.exit("TERM"), channel.end()),
      {
        by: "failure",
        error: { code: "process_exited", rawMessage: expect.stringContaining("by signal SIGTERM") },
      },
    ],
  ])("a session that ends with %s is told so, after its last words", async (_what, end, reason) => {
    const { open } = await bench.start({
      onChannel: (channel) => {
        channel.stderr.write("and error ");
        channel.write("last words");
        end(channel);
      },
    });
    const { sink, link } = await open();
    expect(await sink.closed).toMatchObject(reason);
    expect(sink.text()).toContain("last words");
    expect(sink.text()).toContain("and error ");
    await link.close();
  });

  test("output that ended counts as the end when the server leaves it at that", async () => {
    let channel: ServerChannel | undefined;
    const { open } = await bench.start({ onChannel: (began) => (channel = began) });
    const { sink, link } = await open();
    const armed = bench.clock.pending;
    channel?.write("bye");
    channel?.eof();
    await sink.printed("bye");
    while (bench.clock.pending === armed) await turn();
    bench.clock.advance(1_000);
    expect(await sink.closed).toEqual({ by: "remote" });
    await link.close();
  });

  test("a reset delivers what was read before it, also when paused", async () => {
    let channel: ServerChannel | undefined;
    const { open, server: far } = await bench.start({ onChannel: (began) => (channel = began) });
    const { sink, link } = await open();
    link.pause();
    channel?.write(Buffer.alloc(10_000, "x"));
    // What comes with its reset in one piece is discarded by the kernel; this is read before.
    for (let count = 0; count < 20; count += 1) await turn();
    expect(sink.sizeBytes).toBe(0);
    for (const socket of far.sockets) socket.resetAndDestroy();
    expect(await sink.closed).toMatchObject({ by: "failure", error: { code: "connection_reset" } });
    expect(sink.text()).toBe("x".repeat(10_000));
    await link.close();
  });

  test("a server that says why it leaves is quoted", async () => {
    const { open, server: far } = await bench.start({
      onChannel: (channel) => {
        const { _client: connection } = channel as unknown as {
          _client: { _protocol: { disconnect(why: number): void } };
        };
        connection._protocol.disconnect(12);
      },
    });
    const { sink } = await open();
    expect(await sink.closed).toMatchObject({
      by: "failure",
      error: { code: "hung_up", rawMessage: expect.stringContaining("TOO_MANY_CONNECTIONS") },
    });
    for (const socket of far.sockets) socket.destroy();
  });

  test("a server that is silent for three keepalives is given up, unless the console is paused", async () => {
    const { open, server: far } = await bench.start();
    const { sink, link } = await open({ keepaliveMs: 15_000 });
    for (const socket of far.sockets) socket.pause();
    link.pause();
    bench.clock.advance(600_000);
    for (let count = 0; count < 20; count += 1) await turn();
    expect(sink.closedCount).toBe(0);
    link.resume();
    bench.clock.advance(45_000);
    expect(await sink.closed).toMatchObject({ by: "failure", error: { code: "peer_silent" } });
    for (const socket of far.sockets) socket.resume();
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
