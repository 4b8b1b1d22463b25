import { ConfedRun, freePort, skippedWithout } from "@confed/testkit";
import { describe, expect, test } from "vitest";
import { askConsole, ConserverSite } from "./conserver-site.ts";
import { attached } from "./socket-client.ts";

const skipped = skippedWithout("console", "tmux");

const GLOBAL = `config * { loghostnames no; }
access * { trusted 127.0.0.1; admin root; }
default * { master localhost; rw *; type exec; exec "stty raw -echo; exec cat"; logfile DIR/&; }
`;
const OFTEN = "config * { reinitcheck 1s; }\n";

describe.skipIf(skipped !== "")(`consoles that Debian's console takes down${skipped}`, () => {
  test("come up by themselves as reinitcheck says, also if it says so later, and stay down without", async () => {
    const site = new ConserverSite();
    const written = (text: string) => site.file("conserver.cf", text.replaceAll("DIR", site.directory));
    const file = written(`${OFTEN}${GLOBAL}console cat { }\n`);
    const port = await freePort();
    const args = ["conserver", "-E", "-M", "127.0.0.1", "-p", String(port), "-C", file];
    const env = { STATE_DIRECTORY: `${site.directory}/state`, RUNTIME_DIRECTORY: site.directory };
    const conserver = new ConfedRun(args, { env });
    let ups = 0;
    // Whoever is attached is not told of what he did not ask for.
    const comesUp = async () => {
      ups += 1;
      await conserver.told(new RegExp(`(?:console up[^]*){${ups}}`));
    };
    await comesUp();
    const ann = await site.pane();
    const bob = await attached(port, "bob", "cat");
    const takesDown = async (user: string) => {
      await ann.begin(`console -n -E -M 127.0.0.1 -p ${port} -l ${user} -f cat`);
      await ann.shows("[Enter `^Ec?' for help]");
      await ann.type("\x05cd");
      await ann.shows("[line down]");
      await bob.shows(`[line down by ${user}@127.0.0.1]`);
    };
    const leaves = async () => {
      await ann.type("\x05c.");
      expect(await ann.exitCode()).toBe(0);
      bob.take();
    };
    for (const user of ["ann", "cyd"]) {
      await takesDown(user);
      await comesUp();
      await ann.type("back\r");
      await bob.shows("back");
      await leaves();
    }
    // An administrator has taken it out: who is taken down now stays so.
    written(`${GLOBAL}console cat { }\n`);
    conserver.signal("SIGHUP");
    await conserver.told(/configuration read again.*relabel=1/);
    await takesDown("dan");
    await leaves();
    expect((await askConsole(port, "-E", "-u"))[1]).toMatch(/^ cat +down /m);
    written(`${OFTEN}${GLOBAL}console cat { }\n`);
    conserver.signal("SIGHUP");
    await comesUp();
    conserver.signal("SIGTERM");
    expect(await conserver.exited).toBe(0);
  }, 60_000);

  test("come up in whichever process has them, but for those that are there on demand only", async () => {
    const names = Array.from({ length: 8 }, (_, at) => `n${at}`);
    const site = new ConserverSite();
    const consoles = names.map((name) => `console ${name} { }\n`).join("");
    const text = `${OFTEN}${GLOBAL}${consoles}console od { options ondemand; }\n`;
    const file = site.file("conserver.cf", text.replaceAll("DIR", site.directory));
    const port = await freePort();
    const { process, up } = await site.agent({
      shards: 2,
      listen: `127.0.0.1:${await freePort()}`,
      conserver: { file, listen: [`127.0.0.1:${port}`] },
    });
    await up(...names);
    const shards = await Promise.all(
      names.map(async (console) => (await process.logged("console up", { console }))["shard"]),
    );
    expect(new Set(shards)).toEqual(new Set([0, 1]));
    const clients = await Promise.all([...names, "od"].map((name) => attached(port, "ann", name)));
    const before = process.lines.length;
    for (const client of clients) {
      client.write("\x05cd");
      await client.shows("[line down]");
    }
    for (const console of names) await process.logged("console up", { console }, before);
    expect((await askConsole(port, "-E", "-u"))[1]).toMatch(/^ od +down /m);
  }, 60_000);
});
