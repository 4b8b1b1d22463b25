import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Scope, silentLogger, systemClock } from "@confed/kernel";
import { expect, onTestFinished, test, vi } from "vitest";
import { startNameResolver } from "./name-resolver.ts";

const never = new AbortController().signal;

test("a numeric address gives itself, whatever its family", async () => {
  await using scope = new Scope();
  const resolver = startNameResolver({ clock: systemClock, logger: silentLogger, scope });
  expect(await resolver.resolve("10.1.0.1", never)).toEqual([{ address: "10.1.0.1", family: 4 }]);
  expect(await resolver.resolve("fe80::1%lo", never)).toEqual([{ address: "fe80::1%lo", family: 6 }]);
});

test("a name of /etc/hosts is found by the real child", async () => {
  await using scope = new Scope();
  const resolver = startNameResolver({ clock: systemClock, logger: silentLogger, scope });
  const addresses = await resolver.resolve("localhost", never);
  expect(["127.0.0.1", "::1"]).toContain(addresses[0]?.address);
});

test("one who gives up is told at once, the others get their answer", async () => {
  await using scope = new Scope();
  const resolver = startNameResolver({ clock: systemClock, logger: silentLogger, scope });
  const impatient = new AbortController();
  const first = resolver.resolve("localhost", impatient.signal);
  const second = resolver.resolve("localhost", never);
  impatient.abort(new Error("enough"));
  await expect(first).rejects.toThrow("enough");
  expect(await second).not.toHaveLength(0);
});

test("a process that has nothing else to do ends, though its resolver was never closed", async () => {
  const source = `import { startNameResolver } from "@confed/transports";
    import { Scope, silentLogger, systemClock } from "@confed/kernel";
    const resolver = startNameResolver({ clock: systemClock, logger: silentLogger, scope: new Scope() });
    await resolver.resolve("localhost", new AbortController().signal);`;
  const parent = spawn(process.execPath, ["--input-type=module", "--eval", source], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    stdio: ["ignore", "inherit", "inherit"],
  });
  onTestFinished(() => void parent.kill("SIGKILL"));
  expect(await once(parent, "exit")).toEqual([0, null]);
});

test("the child ends when its parent was killed", async () => {
  // Resolved by the child itself, which runs what was built.
  const source = `import { startNameResolver } from "@confed/transports";
    import { Scope, silentLogger, systemClock } from "@confed/kernel";
    import { readFileSync } from "node:fs";
    const resolver = startNameResolver({ clock: systemClock, logger: silentLogger, scope: new Scope() });
    await resolver.resolve("localhost", new AbortController().signal);
    console.log(readFileSync("/proc/self/task/" + process.pid + "/children", "utf8").trim());
    setInterval(() => undefined, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "--eval", source], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [line] = (await once(createInterface({ input: parent.stdout }), "line")) as [string];
  const child = Number(line);
  expect(commandLine(child)).toContain("resolver-main");
  parent.kill("SIGKILL");
  await vi.waitFor(() => {
    expect(commandLine(child)).toBe("");
  }, 5_000);
});

/** Empty once the process has ended, also before init has reaped it. */
function commandLine(pid: number): string {
  return existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : "";
}
