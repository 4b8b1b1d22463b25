import { renameSync, writeFileSync } from "node:fs";
import { skippedWithout } from "@confed/testkit";
import { describe, expect, test } from "vitest";
import { askConsole, ConserverSite } from "./conserver-site.ts";

const skipped = skippedWithout("console", "tmux");

const FILE = (rw: string) => `
config * { sslrequired no; }
access * { trusted 127.0.0.1; admin root; limited lim; }
break 5 { string "BRK"; delay 1; }
task a { cmd "echo from a task; exit 3"; description "say it"; }
default * { master localhost; type exec; exec ""; rw *; }
console cat { aliases tom; motd "be nice"; ${rw} }
console cab { rw ""; rw ann; ro bob; }
console dog { type noop; motd "no dogs"; }
`;

describe.skipIf(skipped !== "")(`an agent with a conserver.cf and Debian's console${skipped}`, () => {
  test("holds its users to the lists, aliases, breaks and tasks of the file, and to those of the next", async () => {
    const site = new ConserverSite();
    const path = site.file("conserver.cf", FILE(""));
    const { port, up, process } = await site.agent({
      consoles: ["cat", "cab", "own"],
      conserver: { trusted: [], admins: [], file: path },
    });
    await up("cat", "cab", "own");
    expect((await askConsole(port, "-E", "-l", "eve", "-f", "cab"))[1]).toContain("cab: permission denied");
    expect((await askConsole(port, "-E", "-l", "ann", "-f", "dog"))[1]).toContain("dog: no dogs");
    expect((await askConsole(port, "-E", "-l", "ann", "-q"))[1]).toContain("unauthorized command");
    const [ann, bob] = [await site.pane(), await site.pane()];
    await ann.begin(`console -n -E -M 127.0.0.1 -p ${port} -l ann tom`);
    await ann.shows("be nice");
    await ann.type("\x05cl5");
    await ann.shows("[halt sent]\r\nBRK");
    await ann.type("\x05c!a");
    await ann.shows("[task terminated: exit(3)]");
    expect(ann.output).toContain("[task `a' started]\r\nfrom a task\r\n");
    await bob.begin(`console -n -E -M 127.0.0.1 -p ${port} -l bob cab`);
    await bob.shows("[Enter `^Ec?' for help]");
    await bob.type("\x05ca");
    await bob.shows("[read-only]");

    writeFileSync(`${path}.new`, FILE('rw ""; ro ann;').replace("ro bob;", ""));
    renameSync(`${path}.new`, path);
    await ann.shows("[Conserver reconfigured - r/w access removed]");
    await bob.shows("[Conserver reconfigured - access denied]");
    expect(await bob.exitCode()).toBe(0);
    await ann.type("x\r");
    await ann.shows("[read-only -- use ^E c ? for help]");
    writeFileSync(`${path}.new`, FILE(""));
    renameSync(`${path}.new`, path);
    await ann.shows("[Conserver reconfigured - r/w access granted]");
    await ann.type("\x05ca");
    await ann.shows("[attached]");
    await ann.type("\x05c.");
    expect(await ann.exitCode()).toBe(0);

    writeFileSync(path, "");
    await process.logged("conserver's file was not read again; the old one stays in force");
    expect((await askConsole(port, "-E", "-l", "eve", "-f", "cab"))[1]).toContain("cab: permission denied");
  });
});
