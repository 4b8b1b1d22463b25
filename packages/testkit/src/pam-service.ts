import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const SOURCE = fileURLToPath(new URL("../../head/pam/confed-pam.c", import.meta.url));

/** For the title of a test: empty where {@link pamService} works, else " (skipped: ...)". */
export const skippedWithoutPam: string =
  process.getuid?.() === 0 &&
  existsSync("/usr/include/security/pam_appl.h") &&
  existsSync("/usr/lib/x86_64-linux-gnu/security/pam_exec.so")
    ? ""
    : " (skipped: PAM needs root, libpam0g-dev and pam_exec)";

let services = 0;

/**
 * A service of the host's real PAM, in which these users have these passwords, and the helper that asks it, built from its
 * source. For one test.
 */
export function pamService<Users extends Readonly<Record<string, string>>>(users: Users) {
  const directory = mkdtempSync(join(tmpdir(), "confed-pam-"));
  const service = `confed-test-${process.pid}-${(services += 1)}`;
  const program = join(directory, "confed-pam");
  onTestFinished(() => {
    rmSync(`/etc/pam.d/${service}`, { force: true });
    rmSync(directory, { recursive: true });
  });
  execFileSync("cc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", program, SOURCE, "-lpam"]);
  const script = join(directory, "check");
  const known = Object.entries(users).map(
    ([user, password]) => `${user}) [ "$password" = '${password}' ];;\n`,
  );
  // pam_exec says who it is by PAM_USER, and hands over the password with a NUL behind it.
  const text = `#!/bin/sh\npassword=$(tr -d '\\0')\ncase "$PAM_USER" in\n${known.join("")}*) false;;\nesac\n`;
  writeFileSync(script, text, { mode: 0o755 });
  const rules = [
    `auth [success=1 default=ignore] pam_exec.so expose_authtok quiet ${script}`,
    "auth requisite pam_deny.so",
    "auth required pam_permit.so",
    "account required pam_permit.so",
  ];
  writeFileSync(`/etc/pam.d/${service}`, rules.map((rule) => `${rule}\n`).join(""));
  return { program, service, users };
}
