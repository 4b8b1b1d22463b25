import { skippedWithout } from "@confed/testkit";
import { describe, expect, test } from "vitest";
import { askConsole, ConserverSite } from "./conserver-site.ts";
import { attached, connected, type SocketClient } from "./socket-client.ts";

const skipped = skippedWithout("console");

/** Files that the agent may open, and as many clients of conserver's protocol as that leaves room for. */
const DESCRIPTORS = 400;
const CLIENTS_MAX = 200;

describe.skipIf(skipped !== "")(`an agent with more clients than it should have${skipped}`, () => {
  test("closes who has been silent longest when all places are taken, and a real client gets in", async () => {
    const site = new ConserverSite();
    const { port, up } = await site.agent({ consoles: ["cat"], descriptors: DESCRIPTORS });
    await up("cat");
    const ann = await attached(port, "ann", "cat");
    for (const turn of ["first", "second"]) {
      const silent: SocketClient[] = [];
      while (silent.length < CLIENTS_MAX - 1) silent.push(await connected(port));
      const [oldest] = silent;
      const [status, said] = await askConsole(port, "-E", "-l", "root", "-u");
      expect([status, said]).toEqual([0, expect.stringMatching(/^ cat +up +ann@/)]);
      await oldest?.shows("<closed>");
      expect(silent.at(-1)?.take()).toBe("");
      // Who works is never the one to go.
      ann.write(`${turn}\r`);
      await ann.shows(`${turn}\r`);
    }
  }, 60_000);

  test("lets go of a line without an end, and of whoever does not log in within half a minute", async () => {
    const site = new ConserverSite();
    const { port, up } = await site.agent({ consoles: ["cat"] });
    await up("cat");
    const [silent, dawdling, ann] = [
      await connected(port),
      await connected(port),
      await attached(port, "ann", "cat"),
    ];
    for (let turn = 0; turn < 2; turn += 1) {
      const endless = await connected(port);
      endless.write("login ".padEnd(17_000, "x"));
      await endless.shows("<closed>");
      expect(endless.take()).toBe("<closed>");
    }
    // It says something, and not who it is.
    dawdling.write("help\n");
    await dawdling.shows("login");
    await Promise.all([silent.shows("<closed>"), dawdling.shows("<closed>")]);
    ann.write("still here\r");
    await ann.shows("still here\r");
  }, 60_000);
});
