import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import { skippedWithout, startConserverPeer } from "@confed/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { ConserverSite } from "./conserver-site.ts";

const skipped = skippedWithout("conserver");

const GLOBAL = `config * { sslrequired no; loghostnames no; }
access * { trusted 127.0.0.1; admin root; }
default * { master localhost; rw *; type exec; exec "stty raw -echo; exec cat"; logfile DIR/&; }
`;

describe.skipIf(skipped !== "")(`one conserver.cf, of conserver and of an agent${skipped}`, () => {
  test("idletimeout and idlestring: the same is typed and said when nobody types and nothing is printed", async () => {
    const text = `${GLOBAL}console idl { idletimeout 2s; idlestring "ti\\d\\143k\\n"; }\nconsole cat { }\n`;
    const { theirs, ours } = await both(text, "idl", "cat");
    const heard = async (port: number) => {
      const idl = await attached(port, "idl");
      const cat = await attached(port, "cat");
      // From then on there are two seconds for what is typed.
      await idl.says("tick\n");
      const from = idl.said.length;
      idl.send("x");
      for (const _time of [1, 2]) await idl.says("tick\n");
      return { idl: idl.said.slice(from), cat: cat.said };
    };
    const [expected, answered] = await Promise.all([heard(theirs), heard(ours)]);
    expect(expected.idl).toBe("x[-- idle timeout --]\r\ntick\n[-- idle timeout --]\r\ntick\n");
    expect(answered).toEqual(expected);
  }, 60_000);

  test("initcmd: each time the console has come up, it reads what is printed, types, and ends", async () => {
    const init = "read line; echo $line by N; echo over >&2; read line; exit 3";
    const text = `${GLOBAL}console ini { exec "stty raw -echo; echo C; exec cat"; initcmd "${init}"; initsubst N=cs; }\n`;
    const { theirs, ours } = await both(text, "ini");
    const heard = async (port: number, failure: string) => {
      const ini = await attached(port, "ini");
      for (const time of [1, 2]) {
        ini.send("\x05cd");
        await ini.says("[line down]\r\n");
        ini.send("\x05co");
        await ini.says("C by ini\nover\n");
        if (failure !== "") await ini.says(failure);
        // conserver does not say that it has ended; and we open a console once a second.
        await new Promise<void>((resolve) => systemClock.after(1_200, resolve));
        ini.send(`typed ${time}\n`);
        await ini.says(`typed ${time}\n`);
      }
      return ini.said;
    };
    const failure = "[the init command failed: exit(3)]\r\n";
    const expected = await heard(theirs, "");
    // conserver says that a console is up when its initcmd has ended; we, when it is connected.
    expect((await heard(ours, failure)).replaceAll(failure, "").replaceAll("[up]\r\n", "")).toEqual(
      expected.replaceAll("[connecting...", "").replaceAll("up]\r\n", ""),
    );
  }, 60_000);

  test("timestamp: of the consoles of one file, those that ask for stamped lines have them, and the others do not", async () => {
    const text = `${GLOBAL}console one { timestamp 1l; }\nconsole two { }\nconsole tri { }\n`;
    const site = new ConserverSite();
    const logs = join(site.directory, "logs");
    mkdirSync(logs);
    const file = site.file("conserver.cf", text.replaceAll("DIR", logs));
    const { port, up } = await site.agent({ conserver: { file }, logs: false });
    await up("one", "two", "tri");
    for (const console of ["one", "two"]) {
      const client = await attached(port, console);
      client.send("a\nb\n");
      await client.says("a\nb\n");
    }
    const log = (console: string) => {
      const path = join(logs, console);
      return existsSync(path) ? readFileSync(path, "latin1") : "";
    };
    while (!log("one").includes("b") || !log("two").includes("b"))
      await new Promise<void>((resolve) => systemClock.after(20, resolve));
    expect(log("one")).toMatch(/^\d{4}-\S+ a\n\d{4}-\S+ b\n$/);
    expect(log("two")).toBe("a\nb\n");
  }, 60_000);
});

/** The ports of both, the consoles of ours up. */
async function both(text: string, ...consoles: readonly string[]) {
  const peer = await startConserverPeer(text);
  onTestFinished(() => peer.close());
  const site = new ConserverSite();
  const file = site.file("conserver.cf", text.replaceAll("DIR", site.directory));
  const { port, up } = await site.agent({ conserver: { file, trusted: undefined, admins: undefined } });
  await up(...consoles);
  return { theirs: peer.groupPort, ours: port };
}

/** Somebody at a console whose output is on. What he is told from then on is `said`. */
async function attached(port: number, console: string) {
  const socket = connect(port, "127.0.0.1").setEncoding("latin1");
  onTestFinished(() => {
    socket.destroy();
  });
  const heard = { text: "", from: 0 };
  socket.on("data", (text: string) => {
    heard.text += text;
  });
  const says = async (part: string) => {
    let at = -1;
    const deadlineMs = systemClock.nowMs() + 10_000;
    while ((at = heard.text.indexOf(part, heard.from)) < 0) {
      if (systemClock.nowMs() > deadlineMs)
        throw new Error(`no ${JSON.stringify(part)} in ${JSON.stringify(heard.text)}`);
      await new Promise<void>((resolve) => systemClock.after(10, resolve));
    }
    heard.from = at + part.length;
  };
  for (const [send, answer] of [
    ["", "ok\r\n"],
    ["login ann\r\n", "ok\r\n"],
    [`call ${console}\r\n`, "[attached]\r\n"],
    ["\x05c;", "[connected]\r\n"],
  ] as const) {
    socket.write(send);
    await says(answer);
  }
  heard.text = heard.text.slice(heard.from);
  heard.from = 0;
  return {
    get said() {
      return heard.text.slice(0, heard.from);
    },
    says,
    send: (text: string) => socket.write(Buffer.from(text, "latin1")),
  };
}
