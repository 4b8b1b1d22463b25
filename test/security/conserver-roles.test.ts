import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { auditRecords, runConfed, skippedWithout } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";
import { askConsole } from "../interop/conserver-site.ts";
import { Cluster } from "./cluster.ts";

/** Plain on loopback: what is tried here is who may do what, not how it is encrypted. */
const CONSERVER = { listen: ["127.0.0.1:0"], trusted: ["127.0.0.1"], admins: ["root"] };

test("roles take away what conserver's lists give, at an agent and through a head, and say so", async () => {
  const cluster = new Cluster();
  const consolePort = await startEcho();
  const head = await cluster.head("head", { tls: "on", conserver: CONSERVER });
  const ask = async (...args: readonly string[]) => {
    expect(await runConfed([...args, "-c", head.config])).toMatchObject({ status: 0 });
  };
  await ask("grant", "user:olga", "operator");
  await ask("grant", "user:vera", "viewer");
  const made = await cluster.enrolled(head, { consoles: ["n1"], consolePort, conserver: CONSERVER });
  const agent = cluster.agent("sn01", made.config);
  const ready = await agent.start();
  await agent.logged("console up");
  const headLine = head.process.lines.find(({ message }) => message === "ready");
  // It has heard of roles when they count.
  while ((await answerTo(Number(ready["conserver"]), "olga")) !== "[attached]");
  for (const port of [Number(ready["conserver"]), Number(headLine?.["conserver"])]) {
    const olga = await told(port, "olga", "[attached]\r\n");
    const vera = await told(port, "vera", "[spy]\r\n");
    olga.socket.write("\x05c;typed\r");
    await olga.until("typed\r");
    vera.socket.write("\x05ca");
    await vera.until("[read-only]\r\n");
    vera.socket.write("\x05cf");
    await vera.until("[read-only]\r\n");
    const eve = await told(port, "eve", "console `n1' not found\r\n");
    eve.socket.write("hosts\r\n");
    eve.socket.write("version\r\n");
    await eve.until("8.2.7");
    expect(eve.all()).not.toMatch(/^ n1 /m);
    olga.socket.write("\x05cu");
    await olga.until("[hosts]\r\n n1 ");
    for (const { socket } of [olga, vera, eve]) socket.destroy();
  }
  await agent.stop();
  expect(auditRecords(join(made.state, "audit"))).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ event: "login.ok", subject: "eve", peer: "127.0.0.1" }),
      expect.objectContaining({ event: "attach.start", subject: "olga", console: "n1" }),
      expect.objectContaining({ event: "attach.start", subject: "vera", console: "n1" }),
    ]),
  );
});

test.skipIf(skippedWithout("console") !== "")(
  "whoever may disconnect by conserver's lists takes a role with admin of the console as well",
  async () => {
    const cluster = new Cluster();
    const consolePort = await startEcho();
    const lists = { ...CONSERVER, admins: ["olga", "root"] };
    const head = await cluster.head("head", { tls: "on", conserver: lists });
    const ask = async (...args: readonly string[]) => {
      expect(await runConfed([...args, "-c", head.config])).toMatchObject({ status: 0 });
    };
    await ask("grant", "user:olga", "operator");
    await ask("grant", "user:ann", "operator");
    const made = await cluster.enrolled(head, { consoles: ["n1"], consolePort, conserver: lists });
    const agent = cluster.agent("sn01", made.config);
    const ready = await agent.start();
    await agent.logged("console up");
    const headLine = head.process.lines.find(({ message }) => message === "ready");
    const ports = [Number(ready["conserver"]), Number(headLine?.["conserver"])];
    while ((await answerTo(ports[0]!, "ann")) !== "[attached]");
    const letsGo = async (port: number) => (await askConsole(port, "-E", "-l", "olga", "-d", "ann@n1"))[1];
    const ann = await told(ports[0]!, "ann", "[attached]\r\n");
    ann.socket.write("\x05c;");
    await ann.until("[connected]\r\n");
    // An agent tells its head in a moment who is there.
    for (const port of ports)
      await expect.poll(() => letsGo(port)).toContain("your roles do not allow admin");
    ann.socket.write("still here\r");
    await ann.until("still here\r");
    await ask("grant", "user:olga", "admin");
    await expect.poll(() => letsGo(ports[1]!), { timeout: 10_000 }).toContain("disconnected 1 user\n");
    await ann.until("Disconnected by admin `olga@");
    await agent.stop();
    expect(auditRecords(join(made.state, "audit"))).toContainEqual(
      expect.objectContaining({ event: "console.disconnect", subject: "olga", console: "n1" }),
    );
  },
);

/** A client of that name that has called n1 and was answered so. */
async function told(port: number, user: string, answer: string) {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => {
    socket.destroy();
  });
  let heard = "";
  let all = "";
  let wake: () => void = () => undefined;
  socket.on("error", () => undefined);
  socket.setEncoding("latin1").on("data", (text: string) => {
    heard += text;
    all += text;
    wake();
  });
  const until = async (text: string) => {
    while (!heard.includes(text)) await new Promise<void>((resolve) => (wake = resolve));
    const before = heard.slice(0, heard.indexOf(text));
    heard = heard.slice(before.length + text.length);
    return before;
  };
  await until("ok\r\n");
  socket.write(`login ${user}\r\n`);
  await until("ok\r\n");
  socket.write("call n1\r\n");
  await until(answer);
  return { socket, until, all: () => all };
}

/** What a call of n1 is answered with. */
async function answerTo(port: number, user: string): Promise<string> {
  const { socket, until } = await told(port, user, "");
  const answer = await until("\r\n");
  socket.destroy();
  return answer;
}

async function startEcho(): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
