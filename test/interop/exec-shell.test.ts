import { silentLogger, systemClock } from "@confed/kernel";
import { LinkRecorder } from "@confed/testkit";
import { exec, type Link, type TransportDeps } from "@confed/transports";
import { describe, expect, it } from "vitest";

const deps: TransportDeps = {
  clock: systemClock,
  logger: silentLogger,
  resolver: { resolve: () => Promise.reject(new Error("no names here")) },
};

const shell = exec({ argv: ["/bin/sh", "-i"], env: { PS1: "prompt> " } })(deps);

describe("exec with an interactive shell", () => {
  it("prompts, echoes, obeys and exits, and does so again when it is opened again", async () => {
    for (const status of [0, 7]) {
      const { link, sink } = await openShell();
      await sink.printed("prompt> ");
      link.write(Buffer.from("echo $((6 * 7))\r"));
      // What was typed, as the terminal echoes it, and the answer.
      await sink.printed("echo $((6 * 7))\r\n42\r\nprompt> ");
      link.write(Buffer.from(`exit ${status}\r`));
      const reason = await sink.closed;
      if (status === 0) expect(reason).toEqual({ by: "remote" });
      else
        expect(reason).toMatchObject({
          by: "failure",
          error: { code: "process_exited", rawMessage: "/bin/sh ended: exit status 7" },
        });
      expect(link.write(Buffer.from("x"))).toBe(0);
    }
  });

  it("interrupts the program in the foreground when ^C is typed", async () => {
    const { link, sink } = await openShell();
    await sink.printed("prompt> ");
    // The quotes keep the echo of a command from looking like its output.
    link.write(Buffer.from(`sh -c 'echo st""arted; exec sleep 1000'\r`));
    await sink.printed("started\r\n");
    link.write(Buffer.from("\x03"));
    await sink.printed("^C\r\nprompt> ");
    link.write(Buffer.from('echo sta""tus $?\r'));
    await sink.printed("status 130");
    await link.close();
    expect(await sink.closed).toEqual({ by: "local" });
  });
});

async function openShell(): Promise<{ link: Link; sink: LinkRecorder }> {
  const sink = new LinkRecorder();
  const link = await shell.open({ signal: new AbortController().signal, sink });
  return { link, sink };
}
