import { systemClock } from "@confed/kernel";
import { freePort, runConfed, skippedWithout } from "@confed/testkit";
import { describe, expect, test } from "vitest";
import { askConsole, ConserverSite } from "./conserver-site.ts";
import { attached, connected } from "./socket-client.ts";

const skipped = skippedWithout("console");

describe.skipIf(skipped !== "")(`an agent of several processes with Debian's console${skipped}`, () => {
  test("serves the consoles of all its shards on one port", async () => {
    const names = Array.from({ length: 8 }, (_, at) => `n${at}`);
    const site = new ConserverSite();
    const port = await freePort();
    const agentPort = await freePort();
    const { process, up } = await site.agent({
      consoles: names,
      shards: 2,
      listen: `127.0.0.1:${agentPort}`,
      conserver: { listen: [`127.0.0.1:${port}`] },
    });
    await up(...names);
    const shardOf = async (console: string) =>
      Number((await process.logged("console up", { console }))["shard"]);
    const shards = await Promise.all(names.map(shardOf));
    const ask = async (...args: readonly string[]) =>
      (await askConsole(port, "-E", "-l", "root", ...args))[1];
    const listed = (await ask("-u")).trim().split("\n");
    expect(listed.map((line) => line.trim().split(/ +/)[0]).sort()).toEqual(names);
    for (const shard of [0, 1]) {
      const name = names[shards.indexOf(shard)]!;
      const ann = await attached(port, "ann", name);
      ann.write("typed\r");
      await ann.shows("typed\r");
      expect(await ask("-w")).toMatch(new RegExp(`^ ann@127\\.0\\.0\\.1 +attach +0:00 ${name}$`, "m"));
      const bob = await attached(port, "bob", name);
      bob.write("\x05cf");
      await bob.shows("[bumped ann@127.0.0.1]");
      await ann.shows("[forced to `spy' mode by bob@127.0.0.1]");
      bob.write("\x05cd");
      await bob.shows("[line down]");
      bob.write("\x05co");
      await bob.shows("[up]");
      expect(await ask("-d", `@${name}`)).toBe("disconnected 2 users\n");
      await bob.shows("<closed>");
    }
    expect(await ask("-q")).toContain("ok -- terminated\n");
    while (process.running) await new Promise<void>((resolve) => systemClock.after(20, resolve));
  }, 60_000);

  test("answers everybody while another process takes over, and tells who is attached", async () => {
    const site = new ConserverSite();
    const { process, port, address, up } = await site.agent({ consoles: ["cat"], upgradable: true });
    await up("cat");
    for (let turn = 0; turn < 2; turn += 1) {
      const before = process.pid;
      const logged = process.lines.length;
      const ann = await attached(port, "ann", "cat");
      let over = false;
      const calling = (async () => {
        let calls = 0;
        for (; !over; calls += 1) (await connected(port)).close();
        return calls;
      })();
      // Of a connection that is refused the test hears before.
      calling.catch(() => undefined);
      const upgraded = await runConfed(["agent", "upgrade", "--agent", address]);
      expect(upgraded).toMatchObject({ status: 0, stderr: "" });
      await ann.shows("[-- Console server shutting down --]\r\n");
      await ann.shows("<closed>");
      await process.logged("conserver's clients are served", {}, logged);
      await process.logged("console up", { console: "cat" }, logged);
      await process.logged("ended", {}, logged);
      over = true;
      expect(await calling).toBeGreaterThan(0);
      expect(process.pid).not.toBe(before);
      expect((await askConsole(port, "-E", "-u"))[1]).toContain(" cat ");
      const again = await attached(port, "ann", "cat");
      again.write("back\r");
      await again.shows("back\r");
    }
  }, 60_000);
});
