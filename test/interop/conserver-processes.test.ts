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

  test("speaks to whoever is attached in any of its shards, and lets them go", async () => {
    const names = Array.from({ length: 8 }, (_, at) => `n${at}`);
    const site = new ConserverSite();
    const port = await freePort();
    const { process, up } = await site.agent({
      consoles: names,
      shards: 2,
      listen: `127.0.0.1:${await freePort()}`,
      conserver: { listen: [`127.0.0.1:${port}`] },
    });
    await up(...names);
    const lines = await Promise.all(names.map((console) => process.logged("console up", { console })));
    const [one = "", two = ""] = [0, 1].map(
      (shard) => names[lines.findIndex((line) => line["shard"] === shard)],
    );
    const ask = (...args: readonly string[]) => askConsole(port, "-E", "-l", "root", ...args);
    for (const words of ["first", "second"]) {
      const [ann, bob, cyd] = await Promise.all([
        attached(port, "ann", one),
        attached(port, "bob", two),
        attached(port, "cyd", two),
      ]);
      expect(await ask("-b", words)).toEqual([0, ""]);
      for (const each of [ann, bob, cyd]) await each.shows(`[root@127.0.0.1: ${words}]`);
      expect(await ask("-t", "bob", "only bob")).toEqual([0, ""]);
      await bob.shows("[root@127.0.0.1: only bob]");
      expect(await ask("-t", `@${two}`, "only two")).toEqual([0, ""]);
      for (const each of [bob, cyd]) await each.shows("[root@127.0.0.1: only two]");
      expect(ann.take() + cyd.take()).not.toContain("only bob");
      expect((await ask("-d", `bob@${one}`))[1]).toBe("disconnected 0 users\n");
      expect((await ask("-d", "bob"))[1]).toBe("disconnected 1 user\n");
      await bob.shows("<closed>");
      expect((await ask("-d", `@${two}`))[1]).toBe("disconnected 1 user\n");
      await cyd.shows("<closed>");
      expect(ann.take()).not.toContain("only two");
      expect((await ask("-d", "ann"))[1]).toBe("disconnected 1 user\n");
      await ann.shows("<closed>");
    }
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
