import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { FakeClock } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";
import { agentTargets } from "./agent-targets.ts";

const world = { env: {}, clock: new FakeClock() };
const at = (host: string, port: number) => ({ kind: "agent", agent: { host, port } });

test.each([
  [{}, at("127.0.0.1", 7110)],
  [{ agent: "sn01" }, at("sn01", 7110)],
  [{ agent: "/run/confed/agent.sock" }, at("unix:/run/confed/agent.sock", 0)],
  [{ socket: "/run/confed/agent.sock" }, at("unix:/run/confed/agent.sock", 0)],
])("%j is one agent", async (options, target) => {
  expect(await agentTargets(options, world)).toMatchObject(target);
});

test("the agent of a configuration is asked by its control socket, or where it listens if it has none", async () => {
  const directory = mkdtempSync(join(tmpdir(), "confed-targets-"));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  const config = join(directory, "agent.yaml");
  const state = join(directory, "state");
  writeFileSync(config, `agent: { id: sn01, listen: "127.0.0.1:7119", state: ${state} }\n`);
  expect(await agentTargets({ config }, world)).toMatchObject(at("127.0.0.1", 7119));
  const socket = join(state, "control", "agent.sock");
  mkdirSync(dirname(socket), { recursive: true });
  writeFileSync(socket, "");
  expect(await agentTargets({ config }, world)).toMatchObject(at(`unix:${socket}`, 0));
  writeFileSync(config, "agent: { id: sn01, listn: 1 }\n");
  await expect(agentTargets({ config }, world)).rejects.toThrow('unknown key "listn" in agent');
});

test("an agent named twice is refused", async () => {
  const socket = "/run/confed/agent.sock";
  await expect(agentTargets({ agent: "sn01", socket }, world)).rejects.toThrow("--socket excludes --agent");
  await expect(agentTargets({ config: "a.yaml", socket }, world)).rejects.toThrow("--config excludes");
});
