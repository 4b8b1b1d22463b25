import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@confed/kernel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pamSource } from "./pam-helper.ts";

// A real PAM with a service of its own: pam_exec lets a script say yes or no. Needs root for /etc/pam.d, and the headers.
const possible =
  process.getuid?.() === 0 &&
  existsSync("/usr/include/security/pam_appl.h") &&
  existsSync("/usr/lib/x86_64-linux-gnu/security/pam_exec.so");
const SOURCE = fileURLToPath(new URL("../../pam/confed-pam.c", import.meta.url));
const service = `confed-test-${process.pid}`;
const directory = mkdtempSync(join(tmpdir(), "pam-"));
const program = join(directory, "confed-pam");
const clock = systemClock;

beforeAll(() => {
  if (!possible) {
    process.stderr.write("skipped: PAM needs root, libpam0g-dev and pam_exec\n");
    return;
  }
  execFileSync("cc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", program, SOURCE, "-lpam"]);
  const script = join(directory, "check");
  // pam_exec hands over the password with a NUL behind it.
  writeFileSync(script, "#!/bin/sh\n[ \"$(tr -d '\\0')\" = 'right pass' ]\n", { mode: 0o755 });
  writeFileSync(
    `/etc/pam.d/${service}`,
    `auth [success=1 default=ignore] pam_exec.so expose_authtok quiet ${script}\nauth requisite pam_deny.so\nauth required pam_permit.so\naccount required pam_permit.so\n`,
  );
});
afterAll(() => {
  rmSync(`/etc/pam.d/${service}`, { force: true });
  rmSync(directory, { recursive: true });
});

test.runIf(possible)("PAM says yes with the user's groups, no to anything else, and again", async () => {
  const source = pamSource({ program, service, clock });
  for (let round = 0; round < 2; round++) {
    expect(await source.check("root", "right pass")).toContain("root");
    expect(await source.check("root", "wrong pass")).toBeUndefined();
    expect(await source.check("root", "")).toBeUndefined();
    expect(await source.check("root\0other", "right pass")).toBeUndefined();
    expect(await source.check("root", "right pass\0")).toBeUndefined();
  }
});

test.runIf(possible)("a user whom only PAM knows has no groups", async () => {
  expect(await pamSource({ program, service, clock }).check("nobody-such", "right pass")).toEqual([]);
});

test.runIf(possible)("a password is not in the arguments or the environment of any process", async () => {
  const script = join(directory, "look");
  writeFileSync(script, `#!/bin/sh\ncat /proc/$PPID/cmdline /proc/$PPID/environ > ${directory}/seen\n`, {
    mode: 0o755,
  });
  writeFileSync(
    `/etc/pam.d/${service}`,
    `auth required pam_exec.so quiet ${script}\naccount required pam_permit.so\n`,
  );
  expect(await pamSource({ program, service, clock }).check("root", "canary-4711")).toBeDefined();
  const seen = execFileSync("cat", [join(directory, "seen")]).toString();
  expect(seen).toContain("confed-pam");
  expect(seen).not.toContain("canary");
});

test("a helper that is not there, or breaks off, is an error and never a no", async () => {
  const missing = pamSource({ program: "/nonexistent/confed-pam", service, clock });
  await expect(missing.check("root", "x")).rejects.toThrow("the PAM helper cannot be run");
  const broken = join(directory, "broken");
  writeFileSync(broken, "#!/bin/sh\nkill -9 $$\n", { mode: 0o755 });
  await expect(pamSource({ program: broken, service, clock }).check("root", "x")).rejects.toThrow(
    "was ended by SIGKILL",
  );
});
