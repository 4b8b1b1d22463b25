import { writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfedRig, type RigAgent, type RigConsole } from "@confed/testkit";
import { describe, expect, onTestFinished, test, vi } from "vitest";

/** On a busy machine all are slow. */
const PATIENCE = { timeout: 20_000 };

const signal = new AbortController().signal;

const SINK = new URL("../../packages/agent/dist/console/console-sink.js", import.meta.url);

/** A console that greets whoever connects with a word that is the death of its driver. */
async function deadly(name: string, word: string): Promise<RigConsole> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
    socket.write(`${word}\r\n`);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { readonly port: number };
  return { name, transport: "tcp", host: "127.0.0.1", port };
}

/** What makes every process of an agent throw, or die as by a native fault, when a console says so. */
function faultEnv(rig: ConfedRig): Readonly<Record<string, string>> {
  const hook = join(rig.directory, "fault.mjs");
  writeFileSync(
    hook,
    `import { ConsoleSink } from ${JSON.stringify(SINK.href)};
    const onData = ConsoleSink.prototype.onData;
    ConsoleSink.prototype.onData = function (bytes) {
      const text = Buffer.from(bytes).toString("latin1");
      if (text.includes("THROW")) throw new Error("a word too many");
      if (text.includes("SEGV")) process.kill(process.pid, "SIGSEGV");
      return onData.call(this, bytes);
    };\n`,
  );
  return { NODE_OPTIONS: `--import ${pathToFileURL(hook).href}` };
}

const up = (agent: RigAgent, console: string, from = 0) =>
  agent.process.logged("console up", { console }, from);

describe("a driver that throws over what one console sends", () => {
  test("costs that console its link and no other console anything, each time", async () => {
    const rig = new ConfedRig();
    const device = await rig.device("n1");
    const agent = await rig.startAgent({
      consoles: [device.entry, await deadly("bad", "THROW")],
      env: faultEnv(rig),
      inModules: true,
    });
    await up(agent, "n1");
    for (let round = 0, from = 0; round < 2; round += 1) {
      const down = await agent.process.logged("console down", { console: "bad" }, from);
      expect(down["cause"]).toMatch(/^\[internal\] .*: a fault in its driver: a word too many$/);
      from = agent.process.lines.length;
    }
    expect(agent.process.lines.filter(({ message }) => message === "console down")).not.toContainEqual(
      expect.objectContaining({ console: "n1" }),
    );
  });
});

describe("a console over which a shard dies again and again", () => {
  test("is quarantined with the reason, and tried again when a person says so, each of two times", async () => {
    const rig = new ConfedRig();
    const devices = await Promise.all(["n1", "n2", "n3", "n4"].map((name) => rig.device(name)));
    const agent = await rig.startAgent({
      consoles: [...devices.map(({ entry }) => entry), await deadly("bad", "SEGV")],
      shards: 2,
      env: faultEnv(rig),
      inModules: true,
    });
    let from = 0;
    for (let round = 0; round < 2; round += 1) {
      const line = await agent.process.logged("console quarantined", { console: "bad" }, from);
      expect(line["reason"]).toBe("a process of the agent died 2 times in a row over it");
      const quarantinedAt = agent.process.lines.indexOf(line);
      const shard = agent.process.lines.findLast(
        ({ message }) => message === "shard died; only its own consoles are touched",
      );
      const index = Number(String(shard!["shard"]).split(".")[1]);
      await agent.process.logged("shard ready", { shard: index }, quarantinedAt);
      const { client } = rig.channel(agent);
      await vi.waitFor(async () => {
        const { state, cause } = await client.inspect({ console: "bad" }, { signal });
        expect(state).toBe("WAITING");
        expect(cause?.message).toContain("quarantined: a process of the agent died 2 times");
      }, PATIENCE);
      from = agent.process.lines.length;
      if (round === 0) expect(await rig.rcons(agent, "reconnect", "bad").exited).toBe(0);
    }
    // The other shard never noticed.
    const died = agent.process.lines.filter(({ message }) => message.startsWith("shard died"));
    expect(new Set(died.map(({ shard }) => shard)).size).toBe(1);
    for (const { entry } of devices) {
      await vi.waitFor(async () => {
        const status = await rig.channel(agent).client.inspect({ console: entry.name }, { signal });
        expect(status.state).toBe("CONNECTED");
      }, PATIENCE);
    }
  });
});
