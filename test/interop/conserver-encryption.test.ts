import { networkInterfaces } from "node:os";
import { skippedWithout } from "@confed/testkit";
import { describe, expect, test } from "vitest";
import { askConsole, ConserverSite } from "./conserver-site.ts";

const own = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === "IPv4" && !each.internal)?.address;
const skipped =
  skippedWithout("console", "tmux") + (own === undefined ? " (skipped: there is no network)" : "");

const UP = " cat                        up   <none>\n";

describe.skipIf(skipped !== "")(`an agent on the network with Debian's console${skipped}`, () => {
  const on = (conserver: object) => ({
    consoles: ["cat"],
    conserver: { listen: [`${own}:0`], trusted: [own], ...conserver },
  });

  test("is spoken to in TLS without any certificate where that was asked for, and only so", async () => {
    const { port, up } = await new ConserverSite().agent(on({ anonymousTls: true }));
    await up("cat");
    expect(await askConsole(port, "-M", own!, "-u")).toEqual([0, UP]);
    const site = new ConserverSite();
    const ann = await site.pane();
    await ann.begin(`console -n -M ${own} -p ${port} -l ann cat`);
    await ann.shows("[Enter `^Ec?' for help]");
    await ann.type("not in plain\r");
    await ann.shows("not in plain");
    await ann.type("\x05c.");
    expect(await ann.exitCode()).toBe(0);
    expect((await askConsole(port, "-M", own!, "-E", "-u"))[1]).toBe(`${own}: encryption required\n`);
  });

  test("lets nobody in who cannot be encrypted, unless plain: anywhere says so", async () => {
    const closed = await new ConserverSite().agent(on({}));
    await closed.up("cat");
    expect((await askConsole(closed.port, "-M", own!, "-E", "-u"))[1]).toBe(`${own}: encryption required\n`);
    expect((await askConsole(closed.port, "-M", own!, "-u"))[1]).toContain(
      "Encryption not supported by server",
    );
    const open = await new ConserverSite().agent(on({ plain: "anywhere" }));
    await open.up("cat");
    await open.process.logged(
      "CONSERVER'S CLIENTS ARE SERVED WITHOUT TLS: everybody on the way can read and type",
    );
    expect(await askConsole(open.port, "-M", own!, "-E", "-u")).toEqual([0, UP]);
    // A client that would rather be encrypted, and takes what there is.
    expect(await askConsole(open.port, "-M", own!, "-U", "-u")).toEqual([0, UP]);
  });
});
