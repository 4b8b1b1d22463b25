import { skippedWithout } from "@confed/testkit";
import { describe, expect, test } from "vitest";
import { askConsole, ConserverSite } from "./conserver-site.ts";

const skipped = skippedWithout("console");
const REFUSED = "127.0.0.1: access from your host refused\n";

describe.skipIf(skipped !== "")(`an agent whose conserver.cf lists hosts by name${skipped}`, () => {
  test.each([
    ["trusted localhost;", " cat "],
    ["trusted LocalHost;", " cat "],
    ["rejected localhost; trusted 127.0.0.1;", REFUSED],
    // conserver takes a part of a name for the name.
    ["trusted ocalhos;", REFUSED],
    ["trusted localhost.example;", REFUSED],
    ["rejected ocalhos; trusted 127.0.0.1;", " cat "],
  ])("%s means that host and no other", async (list, said) => {
    const site = new ConserverSite();
    const file = site.file("conserver.cf", `access * { ${list} }\n`);
    const { port, up } = await site.agent({ consoles: ["cat"], conserver: { trusted: [], file } });
    await up("cat");
    expect((await askConsole(port, "-E", "-u"))[1]).toContain(said);
  });
});
