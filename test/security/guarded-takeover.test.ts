import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Attached, ConfedRig, RigProcess, runConfed } from "@confed/testkit";
import { type Open, openChannel } from "@confed/wire";
import { expect, onTestFinished, test } from "vitest";

const CONFED = fileURLToPath(new URL("../../packages/confed/dist/confed.mjs", import.meta.url));
const { signal } = new AbortController();

/** A head and an agent that is enrolled there, as an administrator makes them, in TLS. */
async function enrolledAgent(rig: ConfedRig, console: object) {
  const file = (name: string, config: object) => {
    const path = join(rig.directory, `${name}.json`);
    writeFileSync(path, JSON.stringify(config));
    return path;
  };
  const start = async (name: string, ...args: readonly string[]) => {
    const running = new RigProcess({
      name,
      argv: [process.execPath, CONFED, ...args, "--log-format", "json"],
    });
    onTestFinished(() => running.stop());
    return { running, address: String((await running.start())["address"]) };
  };
  const done = async (...args: readonly string[]) => {
    const run = await runConfed(args);
    expect(run).toMatchObject({ status: 0 });
    return run.stdout.trim();
  };
  const listen = "127.0.0.1:0";
  const headConfig = file("head", { head: { listen, state: join(rig.directory, "head"), tls: "on" } });
  const head = await start("head", "head", "--config", headConfig);
  const state = join(rig.directory, "agent");
  const config = file("agent", {
    agent: { id: "sn01", listen, heads: [head.address], state, tls: "on" },
    logs: { path: join(rig.directory, "&.log") },
    consoles: [console],
  });
  const token = await done("token", "create", "--agent", "sn01", "-c", headConfig);
  await done("agent", "enroll", "--head", head.address, "--token", token, "-c", config);
  const agent = await start("agent", "agent", "--config", config);
  return { agent: agent.running, head: head.running, socket: join(state, "control", "agent.sock") };
}

test("an agent in TLS that is upgraded keeps its local socket, its writer and its place at the head, twice", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const { agent, head, socket } = await enrolledAgent(rig, device.entry);
  await head.logged("agent synced", { agent: "sn01", consoles: 1 });
  await agent.logged("console up", { console: "n1" });
  // A channel of its own each time: whoever has the socket by then answers.
  const dial = () => {
    const channel = openChannel("Agent", `unix:${socket}`);
    onTestFinished(() => {
      channel.close();
    });
    return channel.client;
  };
  const attach = (open: Partial<Open> = {}) =>
    new Attached(dial().attach({ signal }), { console: "n1", mode: "WRITE", ...open });

  let writer = attach();
  expect(await writer.whenOpened()).toMatchObject({ mode: "WRITE", subject: "local:admin" });
  for (const turn of ["first", "second"]) {
    const heard = head.lines.length;
    // The second time it is the successor that is asked: one that was replaced refuses.
    const answer = await dial().upgrade({ planOnly: false }, { signal });
    expect(answer.done).toBe(true);
    await writer.whenEnded();
    expect(writer.ended).toMatchObject({ reattach: true });
    await head.logged("agent synced", { agent: "sn01" }, heard);

    const { opened, endOffset } = writer;
    const from = { logId: opened?.start?.logId ?? "", offset: endOffset };
    const thief = attach({ from, resumeToken: Buffer.alloc(80) });
    expect(await thief.whenOpened(), turn).toMatchObject({ mode: "VIEW", writer: "local:admin" });
    const back = attach({ from, resumeToken: opened?.resumeToken ?? Buffer.alloc(0) });
    expect(await back.whenOpened(), turn).toMatchObject({ mode: "WRITE" });
    await device.feed(Buffer.from(`after the ${turn}\r\n`));
    await back.saw(`after the ${turn}\r\n`);
    writer = back;
  }
});
