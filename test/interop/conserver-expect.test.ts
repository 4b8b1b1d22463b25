import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { systemClock } from "@confed/kernel";
import { consoleTable, spawnRack } from "@confed/simulator";
import { skippedWithout } from "@confed/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { askConsole, ConserverSite } from "./conserver-site.ts";

const skipped = skippedWithout("console", "tmux");

describe.skipIf(skipped !== "")(`programs that drive Debian's console${skipped}`, () => {
  test("are answered ^Ec? at once after attaching by force, and come to an end when the agent does, twice", async () => {
    const site = new ConserverSite();
    const agent = await site.agent({ consoles: ["lpar"] });
    await agent.up("lpar");
    const port = agent.port;
    const [holder, expectScript] = [await site.pane(), await site.pane()];
    for (const turn of [1, 2]) {
      await holder.begin(`console -n -E -M 127.0.0.1 -p ${port} -l ann lpar`);
      await holder.shows("[Enter `^Ec?' for help]");
      await expectScript.begin(`console -n -E -M 127.0.0.1 -p ${port} -l root -f lpar`);
      await expectScript.shows("[bumped ann@127.0.0.1]");
      await expectScript.type("\x05c?");
      await expectScript.shows("[help]");
      await expectScript.type(`typed ${turn}\r`);
      await expectScript.shows(`typed ${turn}\r`);
      await expectScript.type("\x05c.");
      expect(await expectScript.exitCode()).toBe(0);
      await holder.type("\x05c.");
      expect(await holder.exitCode()).toBe(0);
    }
    await holder.begin(`console -n -E -M 127.0.0.1 -p ${port} -l ann -f lpar`);
    await holder.shows("[Enter `^Ec?' for help]");
    await agent.process.kill();
    // No word, but an end: what Expect calls EOF.
    await holder.exitCode();
    await holder.begin(`console -n -E -M 127.0.0.1 -p ${port} -l ann -f lpar`);
    await holder.exitCode();
    expect(holder.output).toContain(`Unable to connect to 127.0.0.1:${port}`);
  });

  test("get every byte through and back, whatever it is and however it is cut", async () => {
    const site = new ConserverSite();
    const { port, up } = await site.agent({ consoles: ["cat"] });
    await up("cat");
    const client = await attach(port, "cat");
    // All but the first byte of an escape, which is escaped by itself.
    const bytes = Buffer.from(
      Buffer.concat([
        Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
        randomBytes(30_000),
      ]).filter((byte) => byte !== 5),
    );
    const quoted = Buffer.from([...bytes].flatMap((byte) => (byte === 255 ? [255, 255] : [byte])));
    for (let at = 0; at < quoted.length; at += 997) client.socket.write(quoted.subarray(at, at + 997));
    const back = await client.until((heard) => unquoted(heard).length >= bytes.length);
    expect(unquoted(back).equals(bytes)).toBe(true);
  });

  test("list a thousand consoles, and who is there, as fast as one can read", async () => {
    await using rack = await spawnRack({ consoles: 1_000, linesPerSecond: 0, lineBytes: 80 });
    const entries = consoleTable(rack);
    const site = new ConserverSite();
    const { port, up } = await site.agent({ consoles: entries.map((entry) => ({ ...entry })) });
    await up(...entries.map(({ name }) => name));
    const ask = async (flag: string) => {
      const beganMs = systemClock.nowMs();
      const [status, said] = await askConsole(port, "-E", "-l", "root", flag);
      expect(status).toBe(0);
      expect(systemClock.nowMs() - beganMs).toBeLessThan(5_000);
      return said.trimEnd().split("\n");
    };
    const hosts = await ask("-u");
    expect(hosts).toHaveLength(1_000);
    expect(hosts.every((line) => / up {3}<none>$/.test(line))).toBe(true);
    expect((await ask("-x")).filter((line) => line.includes("Netwk"))).toHaveLength(1_000);
    expect((await ask("-i")).filter((line) => line.split(":").length >= 15)).toHaveLength(1_000);
    const clients = await Promise.all(entries.slice(0, 100).map(({ name }) => attach(port, name)));
    expect(await ask("-w")).toHaveLength(clients.length);
  });
});

/** A client that has gone the stock one's way to a console. */
async function attach(port: number, name: string) {
  const socket: Socket = connect(port, "127.0.0.1");
  onTestFinished(() => {
    socket.destroy();
  });
  let heard = Buffer.alloc(0);
  let wake: () => void = () => undefined;
  socket.on("error", () => undefined);
  socket.on("data", (bytes: Buffer) => {
    heard = Buffer.concat([heard, bytes]);
    wake();
  });
  const until = async (condition: (heard: Buffer) => boolean): Promise<Buffer> => {
    while (!condition(heard)) await new Promise<void>((resolve) => (wake = resolve));
    const all = heard;
    heard = Buffer.alloc(0);
    return all;
  };
  const said = (text: string) => until((each) => each.includes(text));
  await said("ok\r\n");
  socket.write("login ann\r\n");
  await said("ok\r\n");
  socket.write(`call ${name}\r\n`);
  await said("[attached]\r\n");
  socket.write("\x05c;", "latin1");
  await said("[connected]\r\n");
  return { socket, until };
}

function unquoted(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString("latin1").replaceAll("\xff\xff", "\xff"), "latin1");
}
