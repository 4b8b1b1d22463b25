import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { audited, auditLines, ConfedRig, endPeer, freePort } from "@confed/testkit";
import { expect, onTestFinished, test, vi } from "vitest";

// Copies of the audit reach a receiver of syslog, every record at least once, whatever becomes of it.

const RSYSLOGD = "/usr/sbin/rsyslogd";
const noRsyslog = existsSync(RSYSLOGD) ? "" : "there is no rsyslogd";

test("a real rsyslogd gets every record over TCP and UDP, as RFC 5424 has it", async (context) => {
  if (noRsyslog !== "") return context.skip(noRsyslog);
  const rig = new ConfedRig();
  const [tcp, udp] = [await freePort(), await freePort()];
  const work = join(rig.directory, "rsyslog");
  mkdirSync(work);
  const template = String.raw`template(name="t" type="string" string="%protocol-version% %syslogfacility-text% %syslogseverity-text% %app-name% %msgid% %msg%\n")`;
  writeFileSync(
    join(work, "conf"),
    `global(workDirectory="${work}" maxMessageSize="8k" parser.escapeControlCharactersOnReceive="on")
module(load="imtcp")
module(load="imudp")
${template}
ruleset(name="tcp") { action(type="omfile" file="${work}/tcp.log" template="t") }
ruleset(name="udp") { action(type="omfile" file="${work}/udp.log" template="t") }
input(type="imtcp" port="${tcp}" address="127.0.0.1" ruleset="tcp")
input(type="imudp" port="${udp}" address="127.0.0.1" ruleset="udp")
`,
  );
  const peer = spawn(RSYSLOGD, ["-n", "-f", join(work, "conf"), "-i", join(work, "pid")], {
    stdio: "inherit",
  });
  onTestFinished(() => endPeer(peer));
  await vi.waitFor(() => {
    accessSync(join(work, "pid"));
  }, 20_000);
  const device = await rig.device("n1");
  const agent = await rig.startAgent({
    consoles: [device.entry],
    audit: { forward: [`syslog://127.0.0.1:${tcp}`, `syslog+udp://127.0.0.1:${udp}`] },
  });
  const audit = join(agent.stateDir, "audit");
  await rig.attach(agent, { console: "n1", subject: "zoë\u001b[2J" }).whenOpened();
  await audited(audit, { event: "attach.start" });
  for (const name of ["tcp.log", "udp.log"]) {
    await vi.waitFor(
      () => {
        const got = readFileSync(join(work, name), "utf8").split("\n").slice(0, -1);
        for (const line of auditLines(audit)) expect(got.some((each) => each.endsWith(line))).toBe(true);
        expect(got.find((each) => each.includes("attach.start"))).toMatch(
          /^1 authpriv info confed RC1001I +\{"seq":\d+,.*"subject":"zoë\\\\x1b\[2J"/,
        );
      },
      { timeout: 20_000, interval: 100 },
    );
  }
});

/** A receiver that the test plays: octet-counted messages of RFC 6587, whole ones. */
class Receiver {
  readonly server: Server;
  readonly sockets = new Set<Socket>();

  constructor() {
    this.server = createServer((socket) => {
      this.sockets.add(socket);
      // A connection that ended in the middle of a message gave none.
      let own = Buffer.alloc(0);
      socket.on("data", (bytes) => {
        own = Buffer.concat([own, bytes]);
        for (;;) {
          const [, digits] = /^(\d+) /.exec(own.toString("latin1", 0, 8)) ?? [];
          if (digits === undefined) return;
          const end = digits.length + 1 + Number(digits);
          if (own.byteLength < end) return;
          this.messages.push(own.toString("utf8", digits.length + 1, end));
          own = own.subarray(end);
        }
      });
      socket.on("error", () => undefined);
      socket.on("close", () => this.sockets.delete(socket));
    });
  }

  readonly messages: string[] = [];

  async listen(port: number): Promise<number> {
    this.server.listen(port, "127.0.0.1");
    await once(this.server, "listening");
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.resetAndDestroy();
    await once(this.server, "close");
  }

  get seqs(): number[] {
    return this.messages.map((message) => Number(/\{"seq":(\d+),/.exec(message)?.[1]));
  }
}

test("nothing is missing when the receiver goes away in between, twice", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const receivers = [new Receiver()];
  const port = await receivers[0]!.listen(0);
  const agent = await rig.startAgent({
    consoles: [device.entry],
    audit: { forward: [`syslog://127.0.0.1:${port}`] },
  });
  const audit = join(agent.stateDir, "audit");
  const attach = async (count: number) => {
    for (let at = 0; at < count; at += 1)
      rig.close(await openedBy(rig.attach(agent, { console: "n1", mode: "VIEW" })));
  };
  for (const round of [1, 2]) {
    await attach(5);
    await vi.waitFor(() => {
      expect(receivers.at(-1)?.messages.length).toBeGreaterThan(3);
    }, 20_000);
    await receivers.at(-1)?.close();
    await attach(5);
    await vi.waitFor(() => {
      expect(agent.process.said).toContain("gets no copies of the audit");
    }, 20_000);
    const next = new Receiver();
    receivers.push(next);
    await next.listen(port);
    await vi.waitFor(
      () => {
        expect(agent.process.said.split("gets copies of the audit again")).toHaveLength(round + 1);
      },
      { timeout: 20_000, interval: 50 },
    );
  }
  await agent.process.stop();
  const all = new Set(receivers.flatMap(({ seqs }) => seqs));
  const last = receivers.at(-1)!;
  // A process that ends leaves what is not acknowledged to its next life.
  await agent.restart();
  await vi.waitFor(
    () => {
      const got = new Set([...all, ...last.seqs]);
      const missing = auditLines(audit)
        .map((line) => (JSON.parse(line) as { seq: number }).seq)
        .filter((seq) => !got.has(seq));
      expect(missing).toEqual([]);
    },
    { timeout: 20_000, interval: 50 },
  );
  await last.close();
});

async function openedBy<Viewer extends { whenOpened(): Promise<unknown> }>(viewer: Viewer): Promise<Viewer> {
  await viewer.whenOpened();
  return viewer;
}
