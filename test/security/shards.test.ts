import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Attached } from "@confed/testkit";
import { identifierFor } from "@confed/trust";
import { type ClientTlsMaterial, openChannel, type ServiceName } from "@confed/wire";
import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "./cluster.ts";

const never = () => ({ signal: new AbortController().signal });

function open<S extends ServiceName>(service: S, path: string) {
  const channel = openChannel(service, `unix:${path}`);
  onTestFinished(() => {
    channel.close();
  });
  return channel.client;
}

test("shards with an identity ask each other for whoever asks one of them, and a head reaches each", async () => {
  const cluster = new Cluster();
  const head = await cluster.head();
  const names = ["n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8"];
  const { config, state } = await cluster.enrolled(head, { consoles: names, shards: 2 });
  const agent = cluster.agent("sn01", config);
  await agent.start();
  await head.process.logged("agent synced", { agent: "sn01.0" });
  await head.process.logged("agent synced", { agent: "sn01.1" });

  const atHead = open("Head", join(head.state, "control", "head.sock"));
  const owners = new Map<string, string>();
  for (const console of names) owners.set(console, (await atHead.inspect({ console }, never())).owner);
  expect(new Set(owners.values())).toEqual(new Set(["sn01.0", "sn01.1"]));

  // The first shard's socket is that of the host.
  const atAgent = open("Agent", join(state, "control", "agent.sock"));
  for (const [console, owner] of owners) {
    const viewer = new Attached(atAgent.attach(never()), { console, mode: "WRITE" });
    expect(await viewer.whenOpened(), owner).toMatchObject({ mode: "WRITE", subject: "local:admin" });
    viewer.stream.end();
  }
  for (const client of [atAgent, atHead]) {
    const { consoles, errors } = await client.control({ selection: "n*", reconnect: {} }, never());
    expect({ consoles: [...consoles].sort(), errors }).toEqual({ consoles: names, errors: [] });
  }
  const status = await atAgent.status({}, never());
  expect(status.shards.map(({ state: is }) => is)).toEqual(["up", "up"]);

  // Anybody can say for whom he asks: nobody believes it.
  const liar = openChannel("Agent", status.shards[1]!.addresses[0]!, { provider: nobody(state) });
  onTestFinished(() => {
    liar.close();
  });
  const asking = { ...never(), behalf: { class: "local", group: "admin" } as const };
  await expect(liar.client.inspect({ console: "n1" }, asking)).rejects.toMatchObject({
    code: "unauthenticated",
  });
});

/** Somebody who knows the cluster, and has nothing to show. */
function nobody(state: string) {
  const read = (name: string) => readFileSync(join(state, "identity", `${name}.pem`), "utf8");
  const [machines, users] = [read("machines"), read("users")];
  const material: ClientTlsMaterial = {
    ...{ authorities: machines, lockedOut: new Set() },
    identify: identifierFor({ machines, users }),
  };
  return { current: () => material, watch: () => () => undefined };
}
