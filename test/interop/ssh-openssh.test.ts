import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Secret, silentLogger, systemClock } from "@confed/kernel";
import { ALL_BYTES, freePort, LinkRecorder } from "@confed/testkit";
import { type Link, type SshOptions, scanHostKeys, ssh } from "@confed/transports";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const SSHD = "/usr/sbin/sshd";
const absent = [SSHD, "/usr/bin/ssh-keygen", "/usr/bin/ssh-agent"].find((path) => !existsSync(path));

const HOST = "127.0.0.1";
const deps = {
  clock: systemClock,
  logger: silentLogger,
  resolver: { resolve: async () => [{ address: HOST, family: 4 as const }] },
};

// The reason is in the name: a skipped test says nothing else.
const suite = `ssh against OpenSSH${absent === undefined ? "" : ` (skipped: ${absent} is not installed)`}`;

describe.skipIf(absent !== undefined)(suite, () => {
  let directory = "";
  let port = 0;
  let sshd: ChildProcess | undefined;
  const path = (name: string) => join(directory, name);
  const makeKey = (name: string, type: string, passphrase = "") =>
    execFileSync("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", name, "-f", path(name)]);
  const knownLine = (name: string) => `[${HOST}]:${port} ${readFileSync(path(`${name}.pub`), "utf8")}`;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "confed-sshd-"));
    mkdirSync("/run/sshd", { recursive: true });
    for (const [name, type] of [
      ["host_ed25519", "ed25519"],
      ["host_rsa", "rsa"],
      ["user", "ed25519"],
      ["user_rsa", "rsa"],
      ["stranger", "ed25519"],
    ] as const)
      makeKey(name, type);
    makeKey("user_locked", "ed25519", "open sesame");
    port = await freePort();
    writeFileSync(
      path("authorized_keys"),
      ["user", "user_rsa", "user_locked"].map((name) => readFileSync(path(`${name}.pub`), "utf8")).join(""),
    );
    writeFileSync(
      path("sshd_config"),
      `ListenAddress ${HOST}:${port}
HostKey ${path("host_rsa")}
HostKey ${path("host_ed25519")}
AuthorizedKeysFile ${path("authorized_keys")}
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
StrictModes no
UsePAM no
PidFile none
RekeyLimit 64K
PrintMotd no
Subsystem echo /bin/cat
PrintLastLog no
`,
    );
    writeFileSync(path("known_hosts"), knownLine("host_ed25519"));
    sshd = spawn(SSHD, ["-D", "-e", "-f", path("sshd_config")], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    for (sshd.stderr?.on("data", (text) => (said += String(text))); !said.includes("Server listening"); ) {
      await once(sshd.stderr ?? sshd, "data");
    }
  });
  afterAll(async () => {
    if (sshd?.exitCode === null) {
      sshd.kill();
      await once(sshd, "exit");
    }
    rmSync(directory, { recursive: true, force: true });
  });

  const secret = (name: string) => async () => new Secret(readFileSync(path(name), "utf8"));
  const open = async (options: Partial<SshOptions> = {}) => {
    const recorder = new LinkRecorder();
    const transport = ssh({
      host: HOST,
      port,
      user: userInfo().username,
      privateKey: secret("user"),
      knownHosts: { path: path("known_hosts") },
      terminalType: "vt100",
      ...options,
    })(deps);
    return { recorder, link: await transport.open({ signal: new AbortController().signal, sink: recorder }) };
  };
  const failure = (options: Partial<SshOptions>) =>
    open(options).then(
      () => expect.fail("open resolved"),
      (reason: unknown) => reason,
    );

  test("a shell runs on a pty, and its exit is told with the status", async () => {
    const { link, recorder } = await open();
    link.resize(132, 43);
    link.write(Buffer.from("stty size; echo $TERM; tty\n"));
    await recorder.printed("/dev/pts/");
    expect(recorder.text()).toMatch(/43 132[\s\S]*vt100/);
    link.write(Buffer.from("exit 3\n"));
    expect(await recorder.closed).toMatchObject({
      by: "failure",
      error: { code: "process_exited", rawMessage: `the session on ${HOST}:${port} ended with status 3` },
    });
    const again = await open();
    again.link.write(Buffer.from("exit\n"));
    expect(await again.recorder.closed).toEqual({ by: "remote" });
  });

  test("all byte values pass 1,000 times each way, through several key exchanges", async () => {
    const { link, recorder } = await open({ command: "stty raw -echo; echo ready; exec cat" });
    await recorder.printed("ready\n");
    const start = recorder.sizeBytes;
    for (let round = 0; round < 1_000; round += 1) {
      await written(link, ALL_BYTES);
    }
    await recorder.received(start + 256_000);
    const expected = Buffer.concat(Array.from({ length: 1_000 }, () => ALL_BYTES));
    expect(recorder.bytes().subarray(start).equals(expected)).toBe(true);
    await link.close();
    expect(await recorder.closed).toEqual({ by: "local" });
  });

  test("sshd sends a break on a pty, and refuses it on a subsystem, which has none", async () => {
    const { link } = await open();
    await link.sendBreak(250);
    await link.close();
    const echo = await open({ subsystem: "echo" });
    await expect(echo.link.sendBreak(250)).rejects.toMatchObject({ code: "failed_precondition" });
    echo.link.write(ALL_BYTES);
    await echo.recorder.received(256);
    expect(echo.recorder.bytes()).toEqual(Buffer.from(ALL_BYTES));
    await echo.link.close();
  });

  test("an agent's key logs in", async () => {
    const socket = path("agent.sock");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
    await once(agent.stdout, "data");
    try {
      const environment = { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: "ignore" as const };
      expect(await failure({ privateKey: undefined, agentSocket: socket })).toMatchObject({
        code: "auth_failed",
      });
      for (const name of ["stranger", "user_rsa"]) execFileSync("ssh-add", [path(name)], environment);
      const { link, recorder } = await open({
        privateKey: undefined,
        agentSocket: socket,
        command: "echo by agent",
      });
      await recorder.closed;
      expect(recorder.text()).toContain("by agent");
      await link.close();
    } finally {
      agent.kill();
      await once(agent, "exit");
    }
  });

  test("an RSA key and a key with a passphrase log in", async () => {
    for (const options of [
      { privateKey: secret("user_rsa") },
      { privateKey: secret("user_locked"), passphrase: async () => new Secret("open sesame") },
    ]) {
      const { recorder } = await open({ ...options, command: "echo in" });
      await recorder.closed;
      expect(recorder.text()).toContain("in");
    }
    expect(await failure({ privateKey: secret("user_locked") })).toMatchObject({ code: "auth_failed" });
  });

  test("a wrong key is refused in words", async () => {
    expect(await failure({ privateKey: secret("stranger") })).toMatchObject({
      code: "auth_failed",
      rawMessage: `${HOST}:${port} refused key for ${userInfo().username}; it offers publickey`,
    });
  });

  test("host keys: known by hash and by the server's second choice, unknown, changed", async () => {
    const hashed = path("hashed");
    writeFileSync(hashed, knownLine("host_rsa") + knownLine("host_ed25519"));
    execFileSync("ssh-keygen", ["-q", "-H", "-f", hashed], { stdio: "ignore" });
    const { recorder } = await open({ knownHosts: { path: hashed }, command: "true" });
    expect(await recorder.closed).toEqual({ by: "remote" });

    writeFileSync(path("only_rsa"), knownLine("host_rsa"));
    const rsa = await open({ knownHosts: { path: path("only_rsa") }, command: "true" });
    expect(await rsa.recorder.closed).toEqual({ by: "remote" });

    expect(await failure({ knownHosts: { path: path("nowhere") } })).toMatchObject({
      code: "host_key_unknown",
    });
    writeFileSync(path("changed"), `[${HOST}]:${port} ${readFileSync(path("stranger.pub"), "utf8")}`);
    const [shown, known] = ["host_ed25519", "stranger"].map((name) => fingerprintOf(path(`${name}.pub`)));
    const changed = await failure({ knownHosts: { path: path("changed") } });
    expect(changed).toMatchObject({ code: "host_key_changed" });
    expect(String(changed)).toContain(shown);
    expect(String(changed)).toContain(known);
  });

  test("a scan finds both keys, and what it says makes the host known to OpenSSH too", async () => {
    const found = [];
    const targets = [{ console: "n1", host: HOST, port }];
    for await (const key of scanHostKeys(targets, {
      deps,
      concurrency: 4,
      signal: new AbortController().signal,
    })) {
      found.push(key);
    }
    expect(found).toMatchObject([
      { console: "n1", type: "ssh-ed25519", fingerprint: fingerprintOf(path("host_ed25519.pub")) },
      { console: "n1", type: "ssh-rsa", fingerprint: fingerprintOf(path("host_rsa.pub")) },
    ]);
    writeFileSync(
      path("scanned"),
      found.map((key) => ("error" in key ? "" : `${key.knownHostsLine}\n`)).join(""),
    );
    const printed = execFileSync(
      "ssh",
      [
        ...[
          "-F",
          "none",
          "-p",
          String(port),
          "-i",
          path("user"),
          "-o",
          `UserKnownHostsFile=${path("scanned")}`,
        ],
        ...["-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes", HOST, "echo known"],
      ],
      { encoding: "utf8" },
    );
    expect(printed).toBe("known\n");
  });
});

async function written(link: Link, bytes: Uint8Array): Promise<void> {
  const backlog = link.write(bytes);
  expect(backlog).toBeGreaterThanOrEqual(0);
  if (backlog > 64 * 1024) await link.drained();
}

function fingerprintOf(publicKeyFile: string): string {
  return execFileSync("ssh-keygen", ["-l", "-f", publicKeyFile], { encoding: "utf8" }).split(" ")[1] ?? "";
}
