import { fileURLToPath } from "node:url";
import { skippedWithout } from "@confed/testkit";
import { describe, expect, test } from "vitest";
import { askConsole, ConserverSite, typeUntilShown } from "./conserver-site.ts";
import { attached } from "./socket-client.ts";

const RCONS = fileURLToPath(new URL("../../packages/rcons/dist/main.js", import.meta.url));

const skipped = skippedWithout("console", "tmux");

/** A head and two agents, each with a console of its own and all known to the head. */
async function startFederation(redirect: readonly string[] = []) {
  const site = new ConserverSite();
  const head = await site.head({ redirect });
  const one = await site.agent({ id: "sn01", heads: [head.address], consoles: ["cat"] });
  const two = await site.agent({ id: "sn02", heads: [head.address], consoles: ["dog"] });
  await one.up("cat");
  await two.up("dog");
  const ask = (...args: readonly string[]) => askConsole(head.port, "-E", "-l", "root", ...args);
  while (!/cat +up.*\n.*dog +up|dog +up.*\n.*cat +up/.test((await ask("-u"))[1]));
  return { site, head, one, two, ask };
}

describe.skipIf(skipped !== "")(`a head with two agents and Debian's console${skipped}`, () => {
  test("answers for the whole federation in one connection", async () => {
    const { site, head, ask } = await startFederation();
    expect((await ask("-u"))[1]).toBe(
      " dog                        up   <none>\n cat                        up   <none>\n",
    );
    expect((await ask("-i"))[1].split("\n").map((line) => line.split(",")[0])).toEqual([
      "dog:sn02",
      "cat:sn01",
      "",
    ]);
    expect((await ask("-x"))[1].split("\n")).toHaveLength(3);
    // Its first connection calls the console, which the head knows of for a moment.
    await expect.poll(() => ask("-u", "do")).toEqual([0, " dog                        up   <none>\n"]);
    const ann = await site.pane();
    await ann.begin(`console -n -E -M 127.0.0.1 -p ${head.port} -l ann dog`);
    await ann.shows("[Enter `^Ec?' for help]");
    // Its agent tells the head in a moment.
    await expect
      .poll(async () => (await ask("-w"))[1])
      .toMatch(/^ ann@127\.0\.0\.1 {22}attach {4}0:00 dog\n$/);
    await ann.type("\x05c.");
    expect(await ann.exitCode()).toBe(0);
    // It says so, or that it cannot know that yet: its agents are joining for 6 s.
    expect((await ask("-u", "nope"))[1]).toMatch(
      /console `nope' not found|does not know a console "nope" yet/,
    );
  });

  test("relays an attach: two users of it share a console with one who came to the agent", async () => {
    const { site, head, two } = await startFederation();
    const [ann, bob, cyd] = [await site.pane(), await site.pane(), await site.pane()];
    await ann.begin(`console -n -E -M 127.0.0.1 -p ${head.port} -l ann dog`);
    await ann.shows("[Enter `^Ec?' for help]");
    await ann.type("by the head\r");
    await ann.shows("by the head");
    await bob.begin(`console -n -E -M 127.0.0.1 -p ${two.port} -l bob -f dog`);
    await bob.shows("[bumped ann@127.0.0.1]");
    await ann.shows("[forced to `spy' mode by bob@127.0.0.1]");
    await cyd.begin(`console -n -E -M 127.0.0.1 -p ${head.port} -l cyd -s dog`);
    await cyd.shows("[Enter `^Ec?' for help]");
    await typeUntilShown(bob, "for all", cyd);
    for (const pane of [ann, bob]) await pane.shows("for all");
    await bob.type("\x05c.");
    expect(await bob.exitCode()).toBe(0);
    await ann.shows("\r\n[attached]");
    await two.process.stop();
    expect(await ann.exitCode()).toBe(0);
    expect(ann.output).toContain("[-- ");
  });

  test("speaks to the users of the whole federation, and lets them go", async () => {
    const { site, head, one, two, ask } = await startFederation();
    const [ann, bob, cyd] = [await site.pane(), await site.pane(), await site.pane()];
    await ann.begin(`console -n -E -M 127.0.0.1 -p ${head.port} -l ann dog`);
    // At the agent itself, and by Confed's own client: neither comes through the head.
    await bob.begin(`console -n -E -M 127.0.0.1 -p ${one.port} -l bob cat`);
    await cyd.begin(`node ${RCONS} --agent ${two.address} -s dog`);
    for (const pane of [ann, bob]) await pane.shows("[Enter `^Ec?' for help]");
    await cyd.shows("dog on sn02");
    await expect.poll(async () => (await ask("-w"))[1].match(/ (dog|cat)$/gm)).toHaveLength(3);
    // Neither is told anything before it is through, which is after it says how to get help.
    const bothHear = async () => {
      await ask("-b", "hello");
      return [ann, bob].filter(({ output }) => output.includes("[root@127.0.0.1: hello]")).length;
    };
    await expect.poll(bothHear, { timeout: 20_000 }).toBe(2);
    for (const words of ["lunch", "back to work"]) {
      expect(await ask("-b", words)).toEqual([0, ""]);
      for (const pane of [ann, bob]) await pane.shows(`[root@127.0.0.1: ${words}]`);
      await cyd.shows(`root@127.0.0.1: ${words}`);
    }
    expect(await ask("-t", "bob", "only you")).toEqual([0, ""]);
    await bob.shows("[root@127.0.0.1: only you]");
    expect(await ask("-t", "@dog", "only dog")).toEqual([0, ""]);
    await ann.shows("[root@127.0.0.1: only dog]");
    expect(ann.output).not.toContain("only you");
    expect(bob.output).not.toContain("only dog");
    expect((await ask("-I"))[1].split("\n").map((line) => line.split(",")[0])).toEqual([
      "dog:sn02",
      "cat:sn01",
      "",
    ]);
    // Of nobody, of one at an agent, of who is left on a console: Confed's own client does not come back either.
    expect((await ask("-d", "nobody"))[1]).toContain("disconnected 0 users\n");
    expect((await ask("-d", "bob@cat"))[1]).toContain("disconnected 1 user\n");
    await bob.shows("[-- Disconnected by admin `root@127.0.0.1' --]");
    expect((await askConsole(head.port, "-E", "-l", "ann", "-d", "@dog"))[1]).toContain(
      "unauthorized command",
    );
    expect((await ask("-d", "@dog"))[1]).toContain("disconnected 2 users\n");
    await ann.shows("[-- Disconnected by admin `root@127.0.0.1' --]");
    await cyd.shows("Disconnected by admin `root@127.0.0.1'");
    expect(await cyd.exitCode()).toBe(4);
  });

  test("opens for -z bringup what is down at its agents, and reads its configuration again for -z reconfig", async () => {
    const { head, one, two, ask } = await startFederation();
    const listed = async () => (await ask("-u"))[1];
    for (const turn of [1, 2]) {
      const [ann, bob] = [await attached(head.port, "ann", "cat"), await attached(two.port, "bob", "dog")];
      const before = [one.process.lines.length, two.process.lines.length] as const;
      for (const client of [ann, bob]) {
        client.write("\x05cd");
        await client.shows("[line down]");
      }
      // Its agents tell it in a moment.
      await expect.poll(async () => (await listed()).match(/ down /g)).toHaveLength(2);
      expect(await ask("-z", turn === 1 ? "bringup" : "SIGUSR1")).toEqual([
        0,
        "127.0.0.1: ok -- bringing up consoles\n",
      ]);
      await one.process.logged("console up", { console: "cat" }, before[0]);
      await two.process.logged("console up", { console: "dog" }, before[1]);
      await expect.poll(async () => (await listed()).match(/ up /g)).toHaveLength(2);
      ann.close();
      bob.close();
    }
    expect(await ask("-z", "reconfig")).toEqual([0, "127.0.0.1: ok -- reconfiguring\n"]);
    await head.process.logged("configuration read again", { by: "root, by conserver's protocol" });
    expect((await ask("-z", "version"))[1]).toContain("8.2.7");
    for (const command of ["bringup", "reconfig"])
      expect((await askConsole(head.port, "-E", "-l", "ann", "-z", command))[1]).toContain(
        "unauthorized command",
      );
  });

  test("sends clients of a network to the agent's own port, and no others", async () => {
    const { site, head, two } = await startFederation(["127.0.0.0/8"]);
    const ann = await site.pane();
    await ann.begin(`console -n -E -v -M 127.0.0.1 -p ${head.port} -l ann dog`);
    await ann.shows("[Enter `^Ec?' for help]");
    await ann.type("straight\r");
    await ann.shows("straight");
    expect((await askConsole(two.port, "-E", "-w"))[1]).toContain("ann@127.0.0.1");
    // With the head gone, it goes on.
    await head.process.stop();
    await ann.type("still here\r");
    await ann.shows("still here");
    await ann.type("\x05c.");
    expect(await ann.exitCode()).toBe(0);
  });
});
