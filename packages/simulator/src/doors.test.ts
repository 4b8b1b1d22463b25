import { once } from "node:events";
import { TELNET, TelnetSession } from "@confed/codecs";
import ssh2, { type ClientChannel, type ConnectConfig } from "ssh2";
import { afterEach, describe, expect, it } from "vitest";
import { ConsolePeer } from "../testing/console-peer.ts";
import { describeLogReport } from "./log-report.ts";
import { verifyLog } from "./log-verifier.ts";
import { type Rack, startRack } from "./rack.ts";
import { makeSshKeyPair } from "./ssh-key-pair.ts";

let rack: Rack;

afterEach(async () => {
  await rack.close();
});

describe("the telnet door", () => {
  it("carries all byte values both ways once BINARY is agreed, and reports a break", async () => {
    rack = await startRack({ consoles: 2, mode: "echo", telnetPort: 0 });
    const peer = await ConsolePeer.connect(rack.addressOf(1), rack.telnetPort);
    const telnet = new TelnetSession({ role: "client" });
    const data: Buffer[] = [];
    const got = (): Buffer => Buffer.concat(data);
    peer.socket.on("data", (bytes: Buffer) => {
      telnet.feed(bytes, {
        data: (piece) => data.push(Buffer.from(piece)),
        reply: (piece) => peer.socket.write(piece),
      });
    });
    peer.socket.write(telnet.start());
    await peer.until(() => telnet.binary.in && telnet.binary.out);
    const all = Buffer.from(Array.from({ length: 2560 }, (_, i) => i % 256));
    peer.socket.write(telnet.encode(all));
    await peer.until(() => got().length >= all.length);
    expect(got().equals(all)).toBe(true);

    peer.socket.write(telnet.breakSequence().begin);
    peer.socket.write(telnet.encode(Buffer.from("!")));
    await peer.until(() => got().length > all.length);
    const sent = await rack.sent(1);
    expect(sent).toMatchObject({ breaks: 1, inputBytes: all.length + 1 });
    expect(sent.connections[0]?.transport).toBe("telnet");
    await peer.close();
  });

  it("prints exact lines to a peer that answers no negotiation", async () => {
    rack = await startRack({ consoles: 1, linesPerSecond: 500, telnetPort: 0 });
    const peer = await ConsolePeer.connect(rack.addressOf(0), rack.telnetPort);
    await peer.until(({ bytes }) => bytes.length > 2000);
    await rack.hangUp(0);
    await peer.ended;
    expect(peer.bytes[0]).toBe(TELNET.iac);
    const data: Buffer[] = [];
    const telnet = new TelnetSession({ role: "client", binary: false });
    telnet.feed(peer.bytes, { data: (piece) => data.push(Buffer.from(piece)), reply: () => undefined });
    const report = await verifyLog(Buffer.concat(data), await rack.sent(0));
    expect(report.exact, describeLogReport(report)).toBe(true);
  });
});

describe("the ssh door", () => {
  const login = async (index: number, config: ConnectConfig): Promise<ssh2.Client> => {
    const client = new ssh2.Client();
    client.connect({ host: rack.addressOf(index), port: rack.sshPort ?? 0, username: "root", ...config });
    await once(client, "ready");
    return client;
  };
  const shell = (client: ssh2.Client): Promise<ClientChannel> =>
    new Promise((resolve, reject) => {
      client.shell((error, channel) => {
        if (error === undefined) resolve(channel);
        else reject(error);
      });
    });

  it("prints exact lines of the console whose address was asked, and flushes them on hang-up", async () => {
    rack = await startRack({ consoles: 3, linesPerSecond: 500, sshPort: 0 });
    let hostKey = "";
    const client = await login(2, {
      password: "confed",
      hostVerifier: (key: Buffer) => {
        hostKey = `ssh-ed25519 ${key.toString("base64")}`;
        return true;
      },
    });
    expect(hostKey).toBe(rack.sshHostKey);
    const channel = await shell(client);
    const read: Buffer[] = [];
    channel.on("data", (bytes: Buffer) => read.push(bytes));
    const exits: unknown[] = [];
    channel.on("exit", (status: number | null) => exits.push(status));
    while (Buffer.concat(read).length < 2000) await once(channel, "data");
    await rack.hangUp(2);
    await once(client, "close");
    expect(exits).toEqual([0]);
    const sent = await rack.sent(2);
    expect(sent).toMatchObject({ console: "n0003", connections: [{ transport: "ssh", ended: "flushed" }] });
    expect(await verifyLog(Buffer.concat(read), sent)).toMatchObject({ exact: true, lines: sent.lines });
  });

  it("echoes what it is typed, more than its window at once", async () => {
    rack = await startRack({ consoles: 1, mode: "echo", sshPort: 0 });
    const client = await login(0, { password: "confed" });
    const channel = await shell(client);
    const input = Buffer.from(Array.from({ length: 4_000_000 }, (_, i) => i % 251));
    const read: Buffer[] = [];
    let readBytes = 0;
    channel.on("data", (bytes: Buffer) => {
      read.push(bytes);
      readBytes += bytes.length;
    });
    channel.write(input);
    while (readBytes < input.length) await once(channel, "data");
    expect(Buffer.concat(read).equals(input)).toBe(true);
    client.end();
    await once(client, "close");
  });

  it("admits the key it was given and no other, and no wrong password", async () => {
    const good = makeSshKeyPair();
    const bad = makeSshKeyPair();
    rack = await startRack({ consoles: 1, mode: "echo", sshPort: 0, ssh: { authorizedKey: good.public } });
    const client = await login(0, { privateKey: good.private });
    client.end();
    await once(client, "close");
    await expect(login(0, { privateKey: bad.private })).rejects.toThrow(/authentication/);
    await expect(login(0, { password: "guess" })).rejects.toThrow(/authentication/);
    await expect(login(0, { username: "admin", password: "confed" })).rejects.toThrow(/authentication/);
    expect(await rack.stats()).toMatchObject({ connections: 0 });
  });

  it("names the key that cannot be read", async () => {
    rack = await startRack();
    await expect(startRack({ sshPort: 0, ssh: { hostKey: "nonsense" } })).rejects.toMatchObject({
      code: "invalid_argument",
      subject: "ssh.hostKey",
    });
  });
});
