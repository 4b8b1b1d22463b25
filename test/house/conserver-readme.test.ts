import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RigProcess, skippedWithout } from "@confed/testkit";
import { describe, expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [, section = ""] = readFileSync(join(root, "README.md"), "utf8").split("\n## conserver's own client\n");
const block = (kind: string) => new RegExp(`^\`\`\`${kind}\\n([^]*?)^\`\`\`$`, "m").exec(section)?.[1] ?? "";

const skipped = skippedWithout("console");

describe.skipIf(skipped !== "")(`the README's section about conserver's client${skipped}`, () => {
  test("has a configuration and commands that do what they say", async () => {
    const dir = mkdtempSync(join(tmpdir(), "confed-readme-"));
    onTestFinished(() => {
      rmSync(dir, { recursive: true, force: true });
    });
    const config = join(dir, "agent.yaml");
    // Its own places, and ports that nobody has.
    const text = block("yaml")
      .replace("127.0.0.1:3109", "127.0.0.1:0")
      .replace("/var/lib/confed", join(dir, "state"))
      .replace("  id: sn01", '  id: sn01\n  listen: "127.0.0.1:0"');
    writeFileSync(config, `${text}logs: { path: "${dir}/&.log" }\n`);
    const argv = [join(root, "packages/confed/dist/main.js"), "agent", "--config", config] as const;
    const more = ["--log-format", "json", "--until-stdin-ends"];
    const agent = new RigProcess({ name: "sn01", argv: [process.execPath, ...argv, ...more] });
    const { conserver } = await agent.start();
    onTestFinished(() => agent.stop());
    await agent.logged("console up");
    const commands = block("sh")
      .split("\n")
      .flatMap((line) => line.split("#")[0]?.trim() || []);
    expect(commands).toHaveLength(4);
    const said = [];
    for (const command of commands) said.push(await run(command.replace("3109", String(conserver))));
    expect(said[0]).toMatch(/^ n0001 +up +<none>\r?\n$/);
    expect(said[1]).toMatch(/^n0001:sn01,\d+,\d+:/);
    expect(said[2]).toBe("");
    expect(said[3]).toContain("[Enter `^Ec?' for help]");
  });
});

/** What a command says; one that attaches is told to leave. */
function run(command: string): Promise<string> {
  return new Promise((resolve) => {
    const typed = command.includes(" -f ") ? "(sleep 1; printf '\\005c.') | " : "";
    execFile("sh", ["-c", `${typed}${command}`], { timeout: 20_000 }, (_failure, stdout, stderr) => {
      resolve(stdout + stderr);
    });
  });
}
