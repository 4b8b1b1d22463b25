import { systemClock } from "@confed/kernel";
import { skippedWithout, startConserverPeer } from "@confed/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { askConsole, ConserverSite } from "./conserver-site.ts";
import { attached } from "./socket-client.ts";

const skipped = skippedWithout("console", "conserver");

const CONFIG = `
config * { loghostnames no; }
access * { trusted 127.0.0.1; admin root; }
default * { master localhost; rw *; type exec; exec "stty raw -echo; exec cat"; }
console cat {}
console cab {}
`;

/** Where clients of one kind of server go; conserver itself has another port for who is attached. */
interface Server {
  readonly port: number;
  readonly attachPort: number;
  /** Resolves when it has ended by itself. */
  ended(): Promise<void>;
}

const SERVERS: Readonly<Record<string, () => Promise<Server>>> = {
  async conserver() {
    const peer = await startConserverPeer(CONFIG);
    onTestFinished(() => peer.close());
    return { port: peer.port, attachPort: peer.groupPort, ended: () => Promise.resolve() };
  },
  async agent() {
    const { port, process, up } = await new ConserverSite().agent({ consoles: ["cat", "cab"] });
    await up("cat", "cab");
    return { port, attachPort: port, ended: () => ended(process) };
  },
  async head() {
    const site = new ConserverSite();
    const { port, process, address } = await site.head();
    const agent = await site.agent({ heads: [address], consoles: ["cat", "cab"] });
    await agent.up("cat", "cab");
    const known = async () => (await askConsole(port, "-E", "-l", "root", "-u"))[1];
    await expect.poll(known).toMatch(/ up .*\n.* up /);
    return { port, attachPort: port, ended: () => ended(process) };
  },
};

describe.skipIf(skipped !== "")(`commands of Debian's console${skipped}`, () => {
  test.each(["agent", "head"])(
    "that are asked of an %s are answered, and felt by others, as with conserver",
    async (kind) => {
      const expected = await transcript(await SERVERS["conserver"]!());
      const answered = await transcript(await SERVERS[kind]!());
      expect(answered).toEqual(expected);
      // Not two empty ones.
      expect(expected.join("\n")).toContain("disconnected 2 users");
    },
    120_000,
  );
});

/** Everything that is asked, with what the client says and what others are told. */
async function transcript({ port, attachPort, ended: over }: Server): Promise<readonly string[]> {
  const lines: string[] = [];
  const ask = async (user: string, ...args: readonly string[]) => {
    const [status, said] = await askConsole(port, "-E", "-l", user, ...args);
    lines.push(`${user}: console ${args.join(" ")}`, `  ${status} ${JSON.stringify(normalised(said))}`);
  };
  const people = [
    await attached(attachPort, "ann", "cat"),
    await attached(attachPort, "bob", "cat"),
    await attached(attachPort, "bob", "cab"),
  ] as const;
  const told = async (text: string, ...who: readonly number[]) => {
    for (const each of who) await people[each]!.shows(text);
    for (const { take } of people) lines.push(`  < ${JSON.stringify(normalised(take()))}`);
  };

  // He would have it: not who only watches is told when it is free.
  people[1].write("\x05ca");
  await told("ann@127.0.0.1 is attached]\r\n", 1);
  // An agent tells its head in a moment.
  const there = async () => (await askConsole(port, "-E", "-l", "root", "-w"))[1].split("\n").length;
  await expect.poll(there).toBe(4);
  for (const flag of ["-w", "-W"]) await ask("root", flag);
  await ask("root", "-u");
  for (const flag of ["-r", "-R", "-P"]) await ask("root", flag);
  await ask("root", "-b", "to all");
  await told("to all]", 0, 1, 2);
  await ask("root", "-B", "to all again");
  await told("to all again]", 0, 1, 2);
  await ask("root", "-t", "bob", "to bob");
  await told("to bob]", 1, 2);
  await ask("root", "-t", "bob@cat", "to bob at the cat");
  await told("to bob at the cat]", 1);
  await ask("root", "-t", "@cat", "to who is at the cat");
  await told("to who is at the cat]", 0, 1);
  await ask("root", "-t", "nobody@cat", "to nobody");
  await ask("root", "-t", "ann@nope", "to nobody");
  // A part of a name is nobody's.
  await ask("root", "-t", "bo", "to nobody");
  for (const what of ["help", "pid", "version", "reopen", "reconfig", "bringup", "nope"])
    await ask("root", "-z", what);
  for (const what of ["reopen", "bringup", "quit"]) await ask("ann", "-z", what);
  await ask("ann", "-d", "bob@cat");
  await ask("ann", "-q");
  await ask("root", "-d", "nobody@cat");
  await ask("root", "-d", "bo");
  await told("", 0);
  await ask("root", "-d", "ann@cat");
  await people[1].shows("[attached]");
  await told("<closed>", 0);
  await ask("root", "-d", "bob");
  await told("<closed>", 1, 2);
  await expect.poll(there).toBe(1);
  await ask("root", "-w");
  await ask("root", "-d", "@cat");
  await ask("root", "-q");
  await over();
  return lines;
}

/** What differs by its nature: processes, and the order of consoles that came from several agents. */
function normalised(text: string): string {
  const plain = text.replaceAll(/\b\d{2,}\n/g, "PID\n").replaceAll(/ \d:\d\d /g, " IDLE ");
  return plain.startsWith(" ") ? plain.split("\n").sort().join("\n") : plain;
}

async function ended(process: { readonly running: boolean }): Promise<void> {
  while (process.running) await new Promise<void>((resolve) => systemClock.after(20, resolve));
}
