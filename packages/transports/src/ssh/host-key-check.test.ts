import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FakeClock, LinkRecorder } from "@confed/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fingerprint } from "./known-hosts.ts";
import { SshTestBench } from "./ssh-test-bench.ts";
import { makeHostKey, publicKeyOf } from "./ssh-test-server.ts";

let bench: SshTestBench<FakeClock, LinkRecorder>;
beforeEach(() => {
  bench = new SshTestBench(new FakeClock(), () => new LinkRecorder());
});
afterEach(async () => {
  await bench.end();
  expect(bench.clock.pending, "timers left").toBe(0);
});

const failure = (opening: Promise<unknown>): Promise<unknown> =>
  opening.then(
    () => expect.fail("open resolved"),
    (reason: unknown) => reason,
  );

describe("host keys", () => {
  test("an unknown key is refused with its fingerprint", async () => {
    const key = makeHostKey();
    const { open } = await bench.start({ hostKeys: [key] });
    writeFileSync(bench.path, "# nothing\n");
    const error = await failure(open());
    expect(error).toMatchObject({ code: "host_key_unknown", subject: bench.path });
    expect(String(error)).toContain(fingerprint(publicKeyOf(key)));
    expect(error).toHaveProperty("hint", expect.stringContaining("confed hostkeys scan"));
  });

  test("a changed key is refused with both fingerprints, on first use as well", async () => {
    const [key, other] = [makeHostKey(), makeHostKey()];
    const { open, server: far } = await bench.start({ hostKeys: [key] });
    writeFileSync(
      bench.path,
      far.knownHostsLines.join("\n").replace(/ \S+$/, ` ${publicKeyOf(other).toString("base64")}`),
    );
    for (const mode of ["strict", "trustOnFirstUse"] as const) {
      const error = await failure(open({ knownHosts: { path: bench.path, mode } }));
      expect(error).toMatchObject({ code: "host_key_changed" });
      expect(String(error)).toContain(fingerprint(publicKeyOf(key)));
      expect(String(error)).toContain(fingerprint(publicKeyOf(other)));
    }
  });

  test("a known key of the server's second choice is asked for", async () => {
    const [rsa, ed25519] = [makeHostKey("rsa"), makeHostKey()];
    const { open, server: far } = await bench.start({ hostKeys: [ed25519, rsa] });
    writeFileSync(bench.path, `${far.knownHostsLines[1] ?? ""}\n`);
    const { link } = await open();
    await link.close();
  });

  test("trust on first use takes the key down once proven, for the owner alone", async () => {
    const { open, server: far } = await bench.start();
    rmSync(bench.path);
    const mode = "trustOnFirstUse";
    const links = await Promise.all([1, 2, 3].map(() => open({ knownHosts: { path: bench.path, mode } })));
    const [line] = far.knownHostsLines;
    expect(new Set(readFileSync(bench.path, "utf8").trim().split("\n"))).toEqual(new Set([line]));
    expect(statSync(bench.path).mode & 0o777).toBe(0o600);
    for (const { link } of links) await link.close();
    const { link } = await open();
    await link.close();
  });

  test("trust on first use keeps the line of an editor that forgot the newline", async () => {
    const { open, server: far } = await bench.start();
    writeFileSync(bench.path, "other ssh-ed25519 AAAA");
    const { link } = await open({ knownHosts: { path: bench.path, mode: "trustOnFirstUse" } });
    await link.close();
    expect(readFileSync(bench.path, "utf8")).toBe(
      `other ssh-ed25519 AAAA\n${far.knownHostsLines[0] ?? ""}\n`,
    );
  });

  test("a key that cannot be taken down is not trusted", async () => {
    const { open } = await bench.start();
    const error = await failure(
      open({ knownHosts: { path: join(bench.directory, "no", "such", "place"), mode: "trustOnFirstUse" } }),
    );
    expect(error).toMatchObject({
      code: "device_missing",
      where: join(bench.directory, "no", "such", "place"),
    });
  });
});
