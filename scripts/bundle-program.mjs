// @ts-check
// Bundles a program: dist/NAME.mjs is what is started, dist/NAME-HASH.js all of the program, and
// dist/NAME-HASH.cache what this Node compiled of it, which another Node does without.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

/** @satisfies {import("esbuild").BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: /** @type {const} */ ("node"),
  target: "node20.19",
  conditions: ["confed-source"],
  minifyWhitespace: true,
  minifySyntax: true,
  // Identifiers are not minified: names of errors and classes are read by people and compared by
  // libraries. `keepNames` instead defines the name of every closure whenever one is made, which costs a
  // call and 256 bytes each: 0.75 KiB a console.
  legalComments: /** @type {const} */ ("none"),
  logLevel: /** @type {const} */ ("warning"),
  write: false,
};

/**
 * `args` is a command line that brings the program as far as it gets by itself, so that what it
 * compiles on the way is kept; it must end. `external`: packages that stay where they are.
 *
 * @param {{ readonly name: string, readonly args: readonly string[], readonly external?: readonly string[] }} program
 */
export async function bundleProgram({ name, args, external = [] }) {
  const dist = `${root}packages/${name}/dist/`;
  const program = await build({
    ...common,
    entryPoints: [`packages/${name}/src/main.ts`],
    format: "cjs",
    alias: { "@grpc/proto-loader": `${root}scripts/light-contract.mjs` },
    external: [...external],
    // A script has neither: it is given its own address beside `require`, which loads what stays outside.
    define: { "import.meta.url": "moduleUrl" },
    supported: { "dynamic-import": false },
  });
  const code = contentsOf(program).replace(/^#!.*\n/, "");
  const hashed = `${name}-${createHash("sha256").update(code).digest("hex").slice(0, 12)}`;
  if (!existsSync(`${dist}${hashed}.js`)) put(`${dist}${hashed}.js`, code);

  const start = await build({
    ...common,
    entryPoints: ["scripts/start-program.mjs"],
    format: "esm",
    banner: { js: "#!/usr/bin/env node" },
    define: { CONFED_PROGRAM: JSON.stringify(hashed) },
  });
  put(`${dist}${name}.mjs`, contentsOf(start), 0o755);
  compile(`${dist}${hashed}`, [name, ...args]);
  const stale = new RegExp(`^${name}-[0-9a-f]{12}\\.`);
  for (const file of readdirSync(dist)) {
    if (stale.test(file) && !file.startsWith(`${hashed}.`)) rmSync(`${dist}${file}`, { force: true });
  }
  const kib = Math.ceil(statSync(`${dist}${hashed}.js`).size / 1024);
  console.log(`packages/${name}/dist/${name}.mjs and ${hashed}.js, ${kib} KiB`);
}

/**
 * Run the program and keep what V8 compiled of it by its end. Whatever keeps that from working costs
 * a start time, no more.
 *
 * @param {string} path @param {readonly string[]} argv
 */
function compile(path, argv) {
  const body = `
    const { readFileSync, renameSync, writeFileSync } = require("node:fs");
    const { pathToFileURL } = require("node:url");
    const path = ${JSON.stringify(path)};
    const filename = path + ".js";
    const source = "(function(require,moduleUrl){" + readFileSync(filename, "utf8") + "\\n})";
    const script = new (require("node:vm").Script)(source, { filename });
    process.argv = [process.argv[0], ...${JSON.stringify(argv)}];
    process.on("exit", () => {
      const made = path + ".cache." + process.pid;
      writeFileSync(made, script.createCachedData());
      renameSync(made, path + ".cache");
    });
    const { createRequire } = require("node:module");
    script.runInThisContext()(createRequire(filename), pathToFileURL(filename).href);`;
  try {
    execFileSync(process.execPath, ["-e", body], { stdio: "ignore", timeout: COMPILE_MS_MAX });
  } catch {
    // Its exit status is the program's own.
  }
}

/** Many times what it takes. */
const COMPILE_MS_MAX = 60_000;

/** @param {{ readonly outputFiles?: readonly { readonly text: string }[] }} result */
function contentsOf({ outputFiles = [] }) {
  return outputFiles.map(({ text }) => text).join("");
}

/** Whole or not at all: somebody may start it this moment. @param {string} file @param {string} text */
function put(file, text, mode = 0o644) {
  const made = `${file}.${process.pid}`;
  writeFileSync(made, text);
  chmodSync(made, mode);
  renameSync(made, file);
}
