import { execFile, execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { skippedWithout } from "@confed/testkit";
import { beforeEach, expect, onTestFinished, test } from "vitest";

const run = promisify(execFile);
const deployed = (path: string) => fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url));

const UNIT = deployed("systemd/confed-agent.service");
const DROP_IN = deployed("xcat/xcat-consoles.conf");
const ALONE = deployed("xcat/conserver.service");

/** A namespace of mounts is what stands for systemd's. */
const why = mayMount() ? skippedWithout("setpriv", "unshare", "flock", "perl") : " (skipped: may not mount)";

// What xCAT's have in common: a lock that everybody of the host shares, the certificates of root, and a low port.
const SCRIPT = `#!/bin/sh
exec 9>>"$2/consolelock" && flock 9 && echo "locked"
echo "$HOME: $(cat "$HOME/.xcat/client-cred.pem")"
perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); for $port (600 .. 1023) { if (bind(S, sockaddr_in($port, INADDR_LOOPBACK))) { print "low port\\n"; exit } }'
echo "console of $1"
`;

let directory: string;
let home: string;
let script: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "confed-xcat-scripts-"));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  // Not below /tmp: a private one would hide it.
  const place = mkdtempSync("/var/tmp/confed-xcat-scripts-");
  onTestFinished(() => {
    rmSync(place, { recursive: true });
  });
  chmodSync(place, 0o755);
  home = join(place, "home");
  mkdirSync(join(home, ".xcat"), { recursive: true });
  writeFileSync(join(home, ".xcat", "client-cred.pem"), "root's certificate\n", { mode: 0o600 });
  script = join(place, "ipmi");
  writeFileSync(script, SCRIPT);
  chmodSync(script, 0o755);
});

test.skipIf(why !== "").each([
  ["an agent with the drop-in for xCAT", [UNIT, DROP_IN]],
  ["conserver.service", [ALONE]],
])(`%s lets a script of xCAT's kind work${why}`, async (_, files) => {
  const { stdout } = await runUnder(settingsOf(files));
  expect(stdout.split("\n")).toEqual([
    "locked",
    "/root: root's certificate",
    "low port",
    "console of cn0101",
    "",
  ]);
  expect(existsSync(join(directory, "consolelock"))).toBe(true);
});

test.skipIf(why !== "")(
  `without the drop-in a script of xCAT's kind has nothing that it needs${why}`,
  async () => {
    const { stdout } = await runUnder(settingsOf([UNIT]));
    expect(stdout).not.toContain("locked");
    expect(stdout).not.toContain("certificate");
    expect(stdout).not.toContain("low port");
    expect(existsSync(join(directory, "consolelock"))).toBe(false);
  },
);

/** The [Service] settings of a unit and its drop-ins: of a key that comes twice the last, of those that add up all. */
function settingsOf(files: readonly string[]): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const file of files) {
    for (const line of readFileSync(file, "utf8").split("\n")) {
      const [, key = "", value = ""] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
      if (key === "") continue;
      const adds = key === "Environment" || (key === "CapabilityBoundingSet" && value !== "");
      settings.set(key, adds ? `${settings.get(key) ?? ""} ${value}`.trim() : value);
    }
  }
  return settings;
}

/** The script with what systemd would leave to it: mounts, home, user, capabilities and environment. */
function runUnder(settings: ReadonlyMap<string, string>): Promise<{ readonly stdout: string }> {
  const is = (key: string) => settings.get(key) === "yes";
  const writable = (settings.get("ReadWritePaths") ?? "").split(" ").filter((path) => path !== "");
  const mounts = [
    // root's home of that host.
    `mount --bind ${home} /root`,
    ...(is("PrivateTmp") ? ["mount -t tmpfs tmpfs /tmp"] : []),
    ...(is("ProtectHome") ? ["mount -t tmpfs -o mode=000 tmpfs /root"] : []),
    ...(settings.get("ProtectSystem") === "strict"
      ? [...writable.map((path) => `mount --bind ${path} ${path}`), "mount -o remount,bind,ro /"]
      : []),
  ];
  const caps = (settings.get("CapabilityBoundingSet") ?? "").split(" ").filter((cap) => cap !== "");
  const bounded = settings.has("CapabilityBoundingSet")
    ? [
        `--bounding-set=${["-all", ...caps.map((cap) => `+${cap.toLowerCase().replace("cap_", "")}`)].join(",")}`,
      ]
    : [];
  const setpriv = [
    "setpriv",
    ...bounded,
    ...(is("NoNewPrivileges") ? ["--no-new-privs"] : []),
    ...(settings.get("User") === "root" ? [] : ["--reuid=65534", "--clear-groups"]),
  ];
  const variables = (settings.get("Environment") ?? "").split(" ").filter((pair) => pair !== "");
  const command = ["env", "-i", "PATH=/usr/bin:/bin", ...variables, script, "cn0101", directory];
  const inside = `${mounts.join(" && ")} && exec "$@"`;
  return run("unshare", ["-m", "sh", "-c", inside, "sh", ...setpriv, ...command]).catch(
    (reason: unknown) => reason as { readonly stdout: string },
  );
}

function mayMount(): boolean {
  try {
    execFileSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
