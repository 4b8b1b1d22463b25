import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext, type SecureContext } from "node:tls";
import { silentLogger, systemClock } from "@confed/kernel";
import { EchoConsoles, skippedWithout, TestAuthority, TmuxPane } from "@confed/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { BUILTIN_BREAKS } from "../file/break-sequence.ts";
import { anonymousTls } from "./anonymous-tls.ts";
import { Gateway } from "./gateway.ts";
import type { GatewayControl } from "./gateway-options.ts";

const skipped = skippedWithout("console", "tmux", "openssl");

describe.skipIf(skipped !== "")(`a gateway with Debian's console${skipped}`, () => {
  test("queries are answered in one connection each, whatever is asked", async () => {
    const { port, controls } = await startGateway();
    const ask = (...args: readonly string[]) => console_(port, "-E", ...args);
    expect(await ask("-u")).toEqual([
      0,
      " dog                        up   <none>\n cab                        up   <none>\n cat                        up   <none>\n",
    ]);
    expect(await ask("-u", "tom")).toEqual([0, " cat                        up   <none>\n"]);
    expect((await ask("-i", "cab"))[1]).toMatch(
      /^cab:here,\d+,\d+:\|:cat,0,,-1::up:rw:,nolog,noact,nobrk,notask,0,-1:1:noautoup:::/,
    );
    expect((await ask("-x"))[1].split("\n")[0]).toBe(
      " dog                      on NOOP                             at    NOOP ",
    );
    expect(await ask("-w")).toEqual([0, ""]);
    expect(await ask("-P")).toEqual([0, `127.0.0.1: ${process.pid}\n`]);
    expect(await ask("-r")).toEqual([0, "127.0.0.1: version `conserver.com version 8.2.7'\n"]);
    expect(await ask("-b", "to all")).toEqual([0, ""]);
    expect(await ask("-d", "bob@cat")).toEqual([0, "disconnected 0 users\n"]);
    expect(controls).toEqual([]);
    expect((await ask("-z", "reconfig"))[1]).toContain("ok -- reconfiguring\n");
    expect((await ask("-q"))[1]).toContain("ok -- terminated\n");
    expect(controls).toEqual(["reconfigure", "quit"]);
  }, 30_000);

  test("a terminal attaches, types, sends a break, is forced away and comes back", async () => {
    const { port } = await startGateway();
    const [ann, bob] = [await openPane(), await openPane()];
    await ann.begin(`console -n -E -M 127.0.0.1 -p ${port} -l ann cat`);
    await ann.shows("[Enter `^Ec?' for help]");
    await ann.shows("be nice");
    await ann.type("hello \xe9\r");
    await ann.shows("hello \xe9");
    await ann.type("\x05cl2");
    await ann.shows("[halt sent]");
    await bob.begin(`console -n -E -M 127.0.0.1 -p ${port} -l bob -f tom`);
    await bob.shows("[bumped ann@127.0.0.1]");
    await ann.shows("[forced to `spy' mode by bob@127.0.0.1]");
    await bob.type("both see it");
    await ann.shows("both see it");
    await bob.type("\x05c.");
    expect(await bob.exitCode()).toBe(0);
    await ann.shows("[attached]");
    await ann.type("\x05c;");
    await ann.shows("console: ");
    await ann.type("cab\r");
    await ann.type("\x05cw");
    await ann.shows("[who cab]");
    await ann.type("\x05c.");
    expect(await ann.exitCode()).toBe(0);
  }, 30_000);

  test("a spy watches, and is told that it may not write", async () => {
    const { port } = await startGateway();
    const bob = await openPane();
    await bob.begin(`console -n -E -M 127.0.0.1 -p ${port} -l bob -s cat`);
    await bob.shows("[spying]");
    await bob.type("\r");
    await bob.shows("[read-only -- use ^E c ? for help]");
    await bob.type("\x05c.");
    expect(await bob.exitCode()).toBe(0);
  }, 30_000);

  test("TLS is spoken with a certificate that the client's authority signed, and demanded", async () => {
    using authority = new TestAuthority();
    const { key, certificate } = authority.issue({ name: "agent/sn01" });
    const { port } = await startGateway({
      context: createSecureContext({ key, cert: certificate }),
      encrypted: true,
    });
    const dir = mkdtempSync(join(tmpdir(), "confed-consolerc-"));
    onTestFinished(() => {
      rmSync(dir, { recursive: true, force: true });
    });
    writeFileSync(join(dir, "ca.pem"), authority.authorities);
    writeFileSync(join(dir, "rc"), `config * { sslcacertificatefile ${dir}/ca.pem; }\n`);
    expect((await console_(port, "-C", `${dir}/rc`, "-u", "cat"))[1]).toContain(" cat ");
    expect((await console_(port, "-E", "-u"))[1]).toBe("127.0.0.1: encryption required\n");
  }, 30_000);

  test("without any certificate a client is encrypted all the same, where that was asked for", async () => {
    const { port } = await startGateway({ context: anonymousTls(), encrypted: true });
    expect((await console_(port, "-u", "cat"))[1]).toContain(" cat ");
  }, 30_000);

  test("a host that is not trusted is asked for a password, and a wrong one is none", async () => {
    const { port } = await startGateway({ trusted: false });
    const ann = await openPane();
    await ann.begin(`console -n -E -M 127.0.0.1 -p ${port} -l ann -u cat`);
    await ann.shows("password:");
    await ann.type("wrong\r");
    await ann.shows("invalid password");
    await ann.until(() => ann.output.split("password:").length > 2);
    await ann.type("right\r");
    expect(await ann.exitCode()).toBe(0);
    expect(ann.output).toContain(" cat ");
  }, 30_000);

  test("a console that is elsewhere is gone to, on another port of another host", async () => {
    const elsewhere = await startGateway();
    const { port } = await startGateway({ redirect: `${elsewhere.port}@127.0.0.1` });
    const ann = await openPane();
    await ann.begin(`console -n -E -M 127.0.0.1 -p ${port} -l ann cat`);
    await ann.shows("be nice");
    await ann.type("\x05cv");
    await ann.shows("8.2.7");
    await ann.type("\x05c.");
    expect(await ann.exitCode()).toBe(0);
  }, 30_000);

  test("a client whose host is refused is told so", async () => {
    const { port } = await startGateway({ rejected: true });
    expect((await console_(port, "-E", "-u"))[1]).toBe("127.0.0.1: access from your host refused\n");
  }, 30_000);
});

interface GatewaySetting {
  readonly context?: SecureContext;
  readonly encrypted?: boolean;
  readonly trusted?: boolean;
  readonly rejected?: boolean;
  readonly redirect?: string;
}

async function startGateway({
  context,
  encrypted = false,
  trusted = true,
  rejected = false,
  redirect,
}: GatewaySetting = {}) {
  const consoles = new EchoConsoles([
    { name: "cat", aliases: ["tom"], motd: "be nice" },
    { name: "cab", aliases: [] },
    { name: "dog", aliases: [], noop: true },
  ]);
  const controls: GatewayControl[] = [];
  const host = Object.assign(
    consoles,
    redirect === undefined
      ? {}
      : { resolve: () => Promise.resolve({ type: "elsewhere" as const, where: redirect }) },
  );
  const gateway = new Gateway({
    host,
    access: {
      trustOf: () => (rejected ? "rejected" : trusted ? "trusted" : "allowed"),
      checkPassword: (_, password) => Promise.resolve(password === "right"),
      needsPassword: () => Promise.resolve(true),
      isAdmin: () => true,
      isLimited: () => false,
    },
    breaks: () => BUILTIN_BREAKS,
    tls: () => ({ context, requestCert: false, plainFrom: encrypted ? "nowhere" : "loopback" }),
    clock: systemClock,
    logger: silentLogger,
    control: (command) => {
      controls.push(command);
      return Promise.resolve();
    },
  });
  onTestFinished(() => gateway.close());
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  return { port, controls };
}

/** What the client ended with, and said on both channels. */
function console_(
  port: number,
  ...args: readonly string[]
): Promise<readonly [status: number, said: string]> {
  const all = ["-n", "-M", "127.0.0.1", "-p", String(port), "-l", "ann", ...args];
  return new Promise((resolve) => {
    execFile("console", all, { timeout: 10_000 }, (failure, stdout, stderr) => {
      const status = typeof failure?.code === "number" ? failure.code : 0;
      resolve([status, (stdout + stderr).replaceAll("\r", "")]);
    });
  });
}

async function openPane(): Promise<TmuxPane> {
  const cwd = mkdtempSync(join(tmpdir(), "confed-console-"));
  const pane = await TmuxPane.start({ columns: 100, rows: 24, cwd, env: { HOME: cwd } });
  onTestFinished(async () => {
    await pane.close();
    rmSync(cwd, { recursive: true, force: true });
  });
  return pane;
}
