import { skippedWithout } from "@confed/testkit";
import { describe, expect, test } from "vitest";
import { ConserverSite } from "./conserver-site.ts";
import { attached } from "./socket-client.ts";

const skipped =
  skippedWithout("setpriv", "getent") + (process.getuid?.() === 0 ? "" : " (skipped: it takes root)");

const WHO = "echo $(id -un):$(id -gn):$(id -Gn)";
const FILE = `
config * { sslrequired no; }
access * { trusted 127.0.0.1; }
task a { cmd "${WHO}"; runas nobody; }
task b { cmd "${WHO}"; runas games:daemon; }
task c { cmd "${WHO}"; runas :daemon; }
task d { cmd "${WHO}"; runas nobody-of-that-name; }
task e { cmd "${WHO}"; }
default * { master localhost; type exec; rw *; exec "${WHO}; exec cat"; }
console cat { execrunas nobody; }
console cab { }
console cow { execrunas games:daemon; }
console cod { execrunas :daemon; }
console doc { exec "stty raw -echo; exec cat"; initcmd "${WHO}"; initrunas games:daemon; }
console dog { exec "stty raw -echo; exec cat"; initcmd "${WHO}"; initrunas nobody; }
`;

describe.skipIf(skipped !== "")(`programs of a conserver.cf${skipped}`, () => {
  test("run as whom runas, execrunas and initrunas name", async () => {
    const site = new ConserverSite();
    const file = site.file("conserver.cf", FILE);
    const { port, up, log } = await site.agent({ conserver: { trusted: [], file } });
    await up("cat", "cab", "cow", "cod", "doc", "dog");
    await expect.poll(() => log("cat").toString()).toContain("nobody:nogroup:nogroup\r\n");
    await expect.poll(() => log("cab").toString()).toContain("root:root:root");
    await expect.poll(() => log("cow").toString()).toContain("games:daemon:daemon\r\n");
    await expect.poll(() => log("cod").toString()).toContain("root:daemon:daemon\r\n");
    // What it prints is typed at the console, which gives it back.
    await expect.poll(() => log("doc").toString()).toContain("games:daemon:daemon\n");
    await expect.poll(() => log("dog").toString()).toContain("nobody:nogroup:nogroup\n");
    const ann = await attached(port, "ann", "cat");
    for (const [key, said, end] of [
      ["a", "nobody:nogroup:nogroup", "exit(0)"],
      ["b", "games:daemon:daemon", "exit(0)"],
      ["c", "root:daemon:daemon", "exit(0)"],
      ["d", "no such user", "exit(1)"],
      ["e", "root:root:root", "exit(0)"],
    ] as const) {
      ann.write(`\x05c!${key}`);
      await ann.shows(`[task terminated: ${end}]`);
      expect(ann.take()).toContain(said);
    }
  });
});
