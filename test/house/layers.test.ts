import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TRANSPORT_KINDS } from "@confed/transports";
import ts from "typescript";
import { afterEach, beforeEach, expect, test } from "vitest";
// @ts-expect-error The table is plain JavaScript, read by tools that take nothing else.
import { TRANSPORT_FOLDERS } from "../../scripts/layers.mjs";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const CHECK = join(REPOSITORY, "scripts", "check-layers.mjs");

interface Outcome {
  readonly exitCode: number;
  readonly said: string;
}

let house = "";

beforeEach(async () => {
  house = await mkdtemp(join(tmpdir(), "confed-layers-"));
});

afterEach(async () => {
  await rm(house, { recursive: true });
});

/** A house of one-file packages that the check accepts; a test then plants what it should not. */
async function build(files: Readonly<Record<string, string>>): Promise<void> {
  const all = {
    "packages/kernel/src/index.ts": "export const kernel = 1;\n",
    "packages/head/src/index.ts": 'export { kernel } from "@confed/kernel";\n',
    "packages/testkit/src/index.ts": "export const fake = 1;\n",
    "packages/transports/src/transport.ts": "export interface Link { readonly id: number }\n",
    "packages/transports/src/tcp/tcp.ts": "export const tcp = 1;\n",
    "packages/transports/src/index.ts":
      'export type { Link } from "./transport.ts";\nexport { tcp } from "./tcp/tcp.ts";\n',
    "packages/agent/src/assemble.ts": 'export { tcp } from "@confed/transports";\n',
    "packages/agent/src/index.ts": 'export type { Link } from "@confed/transports";\n',
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    await mkdir(join(house, path, ".."), { recursive: true });
    await writeFile(join(house, path), text);
  }
  await mkdir(join(house, "node_modules", "@confed"), { recursive: true });
  const layers = new Set(Object.keys(all).flatMap((path) => /^packages\/(\w+)\//.exec(path)?.[1] ?? []));
  for (const layer of layers) {
    await cp(
      join(REPOSITORY, "packages", layer, "package.json"),
      join(house, "packages", layer, "package.json"),
    );
    await symlink(join(house, "packages", layer), join(house, "node_modules", "@confed", layer));
  }
}

function check(...options: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CHECK, "--root", house, ...options], (error, _stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), said: stderr });
    });
  });
}

test("the check passes when every import is in the table", async () => {
  await build({});
  expect(await check()).toEqual({ exitCode: 0, said: "" });
});

test.each([
  [
    "an agent that imports the head",
    "packages/agent/src/console.ts",
    'import { kernel } from "@confed/head";\nexport const x = kernel;\n',
    "packages/agent/src/console.ts imports packages/head/src/index.ts: agent may import",
  ],
  [
    "an import of a type only",
    "packages/kernel/src/clock.ts",
    'import type { Link } from "@confed/transports";\nexport type X = Link;\n',
    "packages/kernel/src/clock.ts imports packages/transports/src/index.ts: kernel may import nothing",
  ],
  [
    "testkit in what ships",
    "packages/head/src/route.ts",
    'export { fake } from "@confed/testkit";\n',
    "packages/head/src/route.ts imports packages/testkit/src/index.ts: testkit is for",
  ],
  [
    "one transport in another",
    "packages/transports/src/telnet/telnet.ts",
    'export { tcp } from "../tcp/tcp.ts";\n',
    "packages/transports/src/telnet/telnet.ts imports packages/transports/src/tcp/tcp.ts: no kind",
  ],
  [
    "a concrete transport outside assemble.ts",
    "packages/agent/src/console.ts",
    'export { tcp } from "@confed/transports";\n',
    "packages/agent/src/console.ts imports packages/transports/src/index.ts: only an assemble.ts",
  ],
  [
    "an owned module elsewhere",
    "packages/head/src/server.ts",
    'export { Server } from "@grpc/grpc-js";\n',
    "packages/head/src/server.ts imports @grpc/grpc-js: only in packages/wire/",
  ],
  [
    "a circle",
    "packages/kernel/src/a.ts",
    'export { a } from "./b.ts";\n',
    "packages/kernel/src/a.ts -> packages/kernel/src/b.ts -> packages/kernel/src/a.ts: files do not depend",
  ],
])("the check fails naming both sides when there is %s", async (_case, path, text, message) => {
  await build({
    "packages/kernel/src/b.ts": 'export * from "./a.ts";\n',
    "packages/kernel/src/a.ts": "",
    [path]: text,
  });
  const { exitCode, said } = await check();
  expect(said).toContain(message);
  expect(exitCode).toBe(1);
});

test("the check passes when a test imports testkit", async () => {
  await build({ "packages/head/src/route.test.ts": 'export { fake } from "@confed/testkit";\n' });
  expect(await check()).toEqual({ exitCode: 0, said: "" });
});

test("the check fails when a package names a dependency that the table forbids", async () => {
  await build({});
  await writeFile(
    join(house, "packages/head/package.json"),
    JSON.stringify({ name: "@confed/head", dependencies: { "@confed/agent": "*" } }),
  );
  const { exitCode, said } = await check();
  expect(said).toContain("packages/head/package.json depends on @confed/agent: head may import kernel");
  expect(exitCode).toBe(1);
});

test("the table in README.md is checked, and rewritten when asked", async () => {
  await build({ "packages/README.md": "# Map\n\n<!-- layers -->\nold\n<!-- /layers -->\nend\n" });
  const stale = await check();
  expect(stale.said).toContain("packages/README.md: its table is not the one of scripts/layers.mjs");
  expect(stale.exitCode).toBe(1);
  expect(await check("--write")).toEqual({ exitCode: 0, said: "" });
  expect(await check()).toEqual({ exitCode: 0, said: "" });
  expect(await readFile(join(house, "packages/README.md"), "utf8")).toMatch(
    /\| transports \| kernel, codecs \|[^]*end\n$/,
  );
});

test("every kind of transport has its folder in the table", () => {
  expect(TRANSPORT_FOLDERS).toEqual([...TRANSPORT_KINDS]);
});

/** What the compiler says when codecs, with its own settings, had one file more. */
function compileInCodecs(text: string): readonly string[] {
  const folder = join(REPOSITORY, "packages", "codecs");
  const planted = join(folder, "src", "planted.ts");
  const settings = ts.getParsedCommandLineOfConfigFile(
    join(folder, "tsconfig.json"),
    { noEmit: true },
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: ({ messageText }) => expect.fail(JSON.stringify(messageText)),
    },
  );
  const options = { ...settings?.options, composite: false, incremental: false };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (path) => path === planted || fileExists(path);
  host.getSourceFile = (path, version) =>
    path === planted ? ts.createSourceFile(path, text, version) : getSourceFile(path, version);
  const program = ts.createProgram([planted], options, host);
  return program
    .getSemanticDiagnostics(program.getSourceFile(planted))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

test("codecs cannot name Node", () => {
  expect(
    compileInCodecs('import { ConfedError } from "@confed/kernel";\nexport const x = ConfedError;\n'),
  ).toEqual([]);
  expect(compileInCodecs("export const x = process.env;\n")).toEqual([
    expect.stringContaining("Cannot find name 'process'"),
  ]);
  expect(compileInCodecs("setTimeout(() => undefined, 1);\n")).toEqual([
    expect.stringContaining("Cannot find name 'setTimeout'"),
  ]);
  expect(compileInCodecs('export { readFileSync } from "node:fs";\n')).toEqual([
    expect.stringContaining("Cannot find name 'node:fs'"),
  ]);
});
