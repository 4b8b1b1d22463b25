import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runConfed } from "@confed/testkit";
import { beforeEach, expect, onTestFinished, test } from "vitest";

const DEPLOY = fileURLToPath(new URL("../../deploy/xcat", import.meta.url));

const PLACES = {
  conserver: "usr/sbin/conserver",
  "conserver.init": "etc/init.d/conserver",
  "conserver.service": "usr/lib/systemd/system/conserver.service",
  console: "usr/bin/console",
  "xcat-cons": "usr/lib/confed/xcat-cons",
  "xcat-consoles.conf": "etc/systemd/system/confed-agent.service.d/xcat-consoles.conf",
} as const;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "confed-xcat-"));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
  });
});

const xcat = (action: string) => runConfed(["xcat", action, "--root", root]);

function put(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  chmodSync(join(root, path), mode);
  utimesSync(join(root, path), 1_000_000, 1_000_000);
}

/** Everything below the root, as `ls -lR` would tell it. */
function tree(below = ""): readonly string[] {
  return readdirSync(join(root, below))
    .sort()
    .flatMap((name) => {
      const path = join(below, name);
      const stat = lstatSync(join(root, path));
      if (stat.isDirectory()) return [`${path}/`, ...tree(path)];
      const content = stat.isSymbolicLink()
        ? readlinkSync(join(root, path))
        : readFileSync(join(root, path), "utf8");
      return [`${path} ${stat.mode.toString(8)} ${stat.isFile() ? stat.mtimeMs : ""} ${content}`];
    });
}

/** A host with conserver's own package. */
function withConserver(): void {
  put("usr/sbin/conserver", "conserver's own", 0o755);
  put("usr/bin/console", '#!/bin/sh\necho "console: conserver.com version 8.2.7"\n', 0o755);
  put("etc/init.d/conserver", "#!/bin/sh\nexit 3\n", 0o755);
  mkdirSync(join(root, "usr/lib/systemd/system"), { recursive: true });
  symlinkSync("/dev/null", join(root, "usr/lib/systemd/system/conserver.service"));
}

test("install puts the files of deploy/xcat in place, and remove undoes exactly that, twice", async () => {
  withConserver();
  const before = tree();
  for (let round = 0; round < 2; round += 1) {
    const installed = await xcat("install");
    expect(installed).toMatchObject({ status: 0, stderr: "" });
    expect(installed.stdout).toContain("/usr/bin/console: left as it is");
    for (const [name, path] of Object.entries(PLACES)) {
      if (name === "console") continue;
      expect(readFileSync(join(root, path), "utf8"), path).toBe(readFileSync(join(DEPLOY, name), "utf8"));
      expect(statSync(join(root, path)).mode & 0o777, path).toBe(statSync(join(DEPLOY, name)).mode & 0o755);
    }
    expect(existsSync(join(root, "var/log/consoles"))).toBe(true);
    // Once more changes nothing.
    const now = tree();
    expect((await xcat("install")).status).toBe(0);
    expect(tree()).toEqual(now);
    expect(await xcat("remove")).toMatchObject({ status: 0, stderr: "" });
    expect(tree()).toEqual(before);
  }
});

test("install brings a client where there is none, and remove leaves logs and what was changed since", async () => {
  expect((await xcat("install")).status).toBe(0);
  expect(readFileSync(join(root, PLACES.console), "utf8")).toBe(
    readFileSync(join(DEPLOY, "console"), "utf8"),
  );
  put("var/log/consoles/n1", "a log");
  put("etc/init.d/conserver", "somebody's work", 0o755);
  const refused = await xcat("remove");
  expect(refused.status).toBe(1);
  expect(refused.stdout).toContain("/etc/init.d/conserver: has been changed since, and is left");
  rmSync(join(root, "etc/init.d/conserver"));
  expect((await xcat("remove")).status).toBe(0);
  expect(tree().filter((line) => !line.endsWith("/"))).toEqual([
    expect.stringContaining("var/log/consoles/n1 "),
  ]);
});

test("check names each thing that is wrong with what mends it, and is content in the end", async () => {
  const bare = await xcat("check");
  expect(bare.status).toBe(1);
  expect(bare.stdout).toMatch(
    /WRONG {2}\/usr\/sbin\/conserver: is not there\n {7}mend: confed xcat install --root/,
  );
  expect(bare.stdout).toMatch(/WRONG {2}\/etc\/conserver.cf: .*\n {7}mend: makeconservercf/);
  expect(bare.stdout).toMatch(/WRONG {2}\/var\/log\/consoles, for replaycons: is not there/);

  withConserver();
  await xcat("install");
  put("usr/bin/goconserver", "", 0o755);
  put(
    "etc/conserver.cf",
    "console n1 { type exec; exec /x; logfile /l/&; master localhost; }\nconsole n2 { prot; }\n",
  );
  const wrong = await xcat("check");
  expect(wrong.stdout).toMatch(/WRONG {2}no goconserver: \/usr\/bin\/goconserver can be executed/);
  expect(wrong.stdout).toMatch(
    /WRONG {2}\/etc\/conserver.cf: \d faults?, the first: .*conserver.cf:2:\d+: .*\n.*confed conserver -S/,
  );

  rmSync(join(root, "usr/bin/goconserver"));
  put(
    "etc/conserver.cf",
    "console n1 { type exec; exec /x; logfile /var/log/consoles/&; master localhost; }\n",
  );
  // What stands for the programs of a real system.
  put(PLACES.conserver, '#!/bin/sh\necho "conserver: conserver.com version 8.2.7"\n', 0o755);
  put(PLACES["conserver.init"], "#!/bin/sh\nexit 0\n", 0o755);
  const { stdout } = await xcat("check");
  const wrongs = stdout.split("\n").filter((line) => line.startsWith("WRONG"));
  expect(wrongs).toEqual([
    "WRONG  /usr/sbin/conserver: is not the one that confed installs",
    "WRONG  /etc/init.d/conserver: is not the one that confed installs",
  ]);
  expect(stdout).toContain("ok     /etc/conserver.cf: 1 consoles");
});

test("the client that is installed answers what rcons asks of it, and calls rcons as xCAT does", () => {
  const client = join(DEPLOY, "console");
  expect(execFileSync(client, ["-V"], { encoding: "utf8" })).toBe("console: conserver.com version 8.2.7\n");
  const script = readFileSync(client, "utf8").replace("/usr/bin/rcons", "echo rcons");
  const call = (...args: readonly string[]) =>
    execFileSync("/bin/sh", ["-c", script, "console", ...args], { encoding: "utf8" });
  expect(call("-f", "-M", "sn01", "cn0101")).toBe("rcons -f cn0101 sn01\n");
  expect(call("-M", "sn01", "cn0101")).toBe("rcons cn0101 sn01\n");
  expect(call("-s", "-M", "mn", "cn0101")).toBe("rcons -s cn0101 mn\n");
  expect(() => call("-M", "mn")).toThrow(/which node/);
});
