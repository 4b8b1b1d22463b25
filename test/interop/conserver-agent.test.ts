import { connect } from "node:net";
import { systemClock } from "@confed/kernel";
import { skippedWithout, TestAuthority } from "@confed/testkit";
import { describe, expect, test } from "vitest";
import { askConsole, ConserverSite, typeUntilShown } from "./conserver-site.ts";

const skipped = skippedWithout("console", "tmux", "openssl");

describe.skipIf(skipped !== "")(`an agent with Debian's console${skipped}`, () => {
  test("answers every query about its consoles and whoever is there", async () => {
    const site = new ConserverSite();
    const { port, up, process } = await site.agent({ consoles: ["cat", "cab"] });
    await up("cat", "cab");
    const ask = (...args: readonly string[]) => askConsole(port, "-E", "-l", "root", ...args);
    expect(await ask("-u")).toEqual([
      0,
      " cab                        up   <none>\n cat                        up   <none>\n",
    ]);
    expect(await ask("-u", "CAT")).toEqual([0, " cat                        up   <none>\n"]);
    expect(await ask("-u", "dog")).toEqual([0, "127.0.0.1: console `dog' not found\n"]);
    expect((await ask("-u", "ca"))[1]).toBe(
      "127.0.0.1: ambiguous console abbreviation, `ca'\n\tchoices are cab, cat\n",
    );
    expect((await ask("-i", "cat"))[1]).toMatch(
      /^cat:sn01,\d+,\d+:\|:sh -c stty raw -echo; exec cat,0,,-1::up:rw:\/.*\/sn01-cat\.log,log,/,
    );
    expect((await ask("-x"))[1]).toContain(" cat                      on ");
    expect(await ask("-w")).toEqual([0, ""]);
    expect(await ask("-P")).toEqual([0, `127.0.0.1: ${process.pid}\n`]);
    expect(await ask("-r")).toEqual([0, "127.0.0.1: version `conserver.com version 8.2.7'\n"]);
    expect(await ask("-b", "to all")).toEqual([0, ""]);
    expect((await askConsole(port, "-E", "-l", "ann", "-q"))[1]).toContain("unauthorized command");
    expect((await ask("-z", "reconfig"))[1]).toContain("ok -- reconfiguring\n");
    await process.logged("configuration read again, nothing changed");
    expect((await ask("-q"))[1]).toContain("ok -- terminated\n");
    await process.logged("ended");
    while (process.running) await new Promise<void>((resolve) => systemClock.after(20, resolve));
  });

  test("lets people attach, type, watch, force and come back", async () => {
    const site = new ConserverSite();
    const { port, up, log } = await site.agent({ consoles: ["cat", "cab"] });
    await up("cat", "cab");
    const [ann, bob] = [await site.pane(), await site.pane()];
    await ann.begin(`console -n -E -M 127.0.0.1 -p ${port} -l ann cat`);
    await ann.shows("[Enter `^Ec?' for help]");
    await ann.type("hello \xe9\r");
    await ann.shows("hello \xe9");
    await bob.begin(`console -n -E -M 127.0.0.1 -p ${port} -l bob -s cat`);
    await bob.shows("[Enter `^Ec?' for help]");
    await bob.type("\r");
    await bob.shows("[read-only -- use ^E c ? for help]");
    expect((await askConsole(port, "-E", "-w"))[1]).toMatch(
      /^ bob@127\.0\.0\.1 {22}spy {7}0:00 cat\n ann@127\.0\.0\.1 {22}attach {4}0:00 cat\n$/,
    );
    await bob.type("\x05c.");
    expect(await bob.exitCode()).toBe(0);
    await bob.begin(`console -n -E -M 127.0.0.1 -p ${port} -l bob -f cat`);
    await bob.shows("[bumped ann@127.0.0.1]");
    await ann.shows("[forced to `spy' mode by bob@127.0.0.1]");
    await bob.type("both see it");
    await ann.shows("both see it");
    await bob.type("\x05cd");
    await bob.shows("[line down]");
    await ann.shows("[line down by bob@127.0.0.1]");
    // Who asks for all that are down means it as well.
    await askConsole(port, "-E", "-l", "root", "-z", "bringup");
    await expect.poll(async () => (await askConsole(port, "-E", "-u"))[1]).toMatch(/^ cat +up /m);
    await bob.type("\x05cd");
    await expect.poll(async () => (await askConsole(port, "-E", "-u"))[1]).toMatch(/^ cat +down /m);
    await bob.type("\x05co");
    await bob.shows("[up]");
    await bob.type("\x05c.");
    expect(await bob.exitCode()).toBe(0);
    await ann.shows("\r\n[attached]");
    await ann.type("\x05c;");
    await ann.shows("console: ");
    await ann.type("cab\r");
    await ann.type("\x05cw");
    await ann.shows("[who cab]");
    await ann.type("\x05c.");
    expect(await ann.exitCode()).toBe(0);
    while (!/hello \xe9[\r\n]+both see it/.test(log("cat").toString("latin1")))
      await new Promise<void>((resolve) => systemClock.after(20, resolve));
  });

  test("does not give the keyboard to a spy when its holder goes", async () => {
    const site = new ConserverSite();
    const { port, up } = await site.agent({ consoles: ["cat"] });
    await up("cat");
    const [ann, bob] = [await site.pane(), await site.pane()];
    await ann.begin(`console -n -E -M 127.0.0.1 -p ${port} -l ann cat`);
    await ann.shows("[Enter `^Ec?' for help]");
    await ann.type("hers\r");
    await ann.shows("hers");
    await bob.begin(`console -n -E -M 127.0.0.1 -p ${port} -l bob -s cat`);
    await bob.shows("[Enter `^Ec?' for help]");
    await ann.type("\x05c.");
    expect(await ann.exitCode()).toBe(0);
    // Only whoever comes next has it, and bob watches on.
    await ann.begin(`console -n -E -M 127.0.0.1 -p ${port} -l ann cat`);
    await typeUntilShown(ann, "hers again\r", bob);
    await bob.type("\r");
    await bob.shows("[read-only -- use ^E c ? for help]");
    expect(bob.output).not.toContain("[attached]");
  });

  test("is encrypted for a client that knows its authority, and says so to one that is not encrypted", async () => {
    using authority = new TestAuthority();
    const site = new ConserverSite();
    const { key, certificate } = authority.issue({ name: "agent/sn01" });
    const { port, up } = await site.agent({
      consoles: ["cat"],
      conserver: { certificate: site.file("server.pem", key + certificate), plain: "nowhere" },
    });
    await up("cat");
    const ca = site.file("ca.pem", authority.authorities);
    const rc = site.file("rc", `config * { sslcacertificatefile ${ca}; }\n`);
    expect(await askConsole(port, "-C", rc, "-u")).toEqual([0, " cat                        up   <none>\n"]);
    expect((await askConsole(port, "-E", "-u"))[1]).toBe("127.0.0.1: encryption required\n");
    const ann = await site.pane();
    await ann.begin(`console -n -C ${rc} -M 127.0.0.1 -p ${port} -l ann cat`);
    await ann.shows("[Enter `^Ec?' for help]");
    await ann.type("secret\r");
    await ann.shows("secret");
    await ann.type("\x05c.");
    expect(await ann.exitCode()).toBe(0);
  });

  test("asks for passwords where its file says so, and shuts out who guesses", async () => {
    const site = new ConserverSite();
    const { port, up, process } = await site.agent({
      consoles: ["cat"],
      conserver: {
        trusted: [],
        allowed: ["127.0.0.0/8"],
        // Of "right", by crypt(3).
        passwords: site.file(
          "passwd",
          "ann:$6$salt$vBy9sDCxqmqmfqBK5nmzr1kUIMkq7zYdlIyWD/n41gv0wdATFYfB4I23B0JdtdxxxIQE3SB7pygxUpkBZeF7a/\nopen:\n",
        ),
      },
    });
    await up("cat");
    expect((await askConsole(port, "-E", "-l", "open", "-u"))[1]).toContain(" cat ");
    for (const guess of ["a", "b", "c", "d"]) expect(await said(port, guess)).toContain("invalid password");
    expect(await said(port, "right")).toBe("");
    expect(process.running).toBe(true);
  });
});

/** What a client is told that logs in as ann with this password. */
function said(port: number, password: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.setEncoding("latin1").on("data", (part: string) => {
      text += part;
      if (text === "ok\r\n") socket.write("login ann\r\n");
      else if (/passwd\? \S+\r\n$/.test(text)) socket.write(`${password}\r\n`);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      resolve(text);
    });
  });
}
