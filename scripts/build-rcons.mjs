// @ts-check
// Bundles rcons: dist/rcons.mjs is what is started, dist/rcons-HASH.js all of the program, and
// dist/rcons-HASH.cache what this Node compiled of it, which another Node does without.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = `${root}packages/rcons/dist/`;

/** @satisfies {import("esbuild").BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: /** @type {const} */ ("node"),
  target: "node20.19",
  conditions: ["confed-source"],
  minify: true,
  legalComments: /** @type {const} */ ("none"),
  logLevel: /** @type {const} */ ("warning"),
  write: false,
};

const program = await build({
  ...common,
  entryPoints: ["packages/rcons/src/main.ts"],
  format: "cjs",
  // Names of errors and classes are read by people and compared by libraries.
  keepNames: true,
  alias: { "@grpc/proto-loader": `${root}scripts/rcons-contract.mjs` },
});
const code = contentsOf(program).replace(/^#!.*\n/, "");
const name = `rcons-${createHash("sha256").update(code).digest("hex").slice(0, 12)}`;
if (!existsSync(`${dist}${name}.js`)) put(`${name}.js`, code);

const start = await build({
  ...common,
  entryPoints: ["packages/rcons/src/start-main.ts"],
  format: "esm",
  banner: { js: "#!/usr/bin/env node" },
  define: { CONFED_RCONS_CODE: JSON.stringify(name) },
});
put("rcons.mjs", contentsOf(start), 0o755);
compile(`${dist}${name}`);
for (const file of readdirSync(dist)) {
  if (/^rcons-[0-9a-f]{12}\./.test(file) && !file.startsWith(`${name}.`))
    rmSync(`${dist}${file}`, { force: true });
}
const kib = (/** @type {string} */ path) => Math.ceil(statSync(path).size / 1024);
console.log(`packages/rcons/dist/rcons.mjs and ${name}.js, ${kib(`${dist}${name}.js`)} KiB`);

/**
 * Run the program as far as it gets without anybody who answers, which loads all that an attach
 * needs, and keep what V8 compiled. Whatever keeps that from working costs a start time, no more.
 *
 * @param {string} path
 */
function compile(path) {
  const body = `
    const { readFileSync, renameSync, writeFileSync } = require("node:fs");
    const path = ${JSON.stringify(path)};
    const filename = path + ".js";
    const source = "(function(require){" + readFileSync(filename, "utf8") + "\\n})";
    const script = new (require("node:vm").Script)(source, { filename });
    process.argv = [process.argv[0], "rcons", "--head", "127.0.0.1:1", "n1"];
    process.on("exit", () => {
      const made = path + ".cache." + process.pid;
      writeFileSync(made, script.createCachedData());
      renameSync(made, path + ".cache");
    });
    script.runInThisContext()(require);`;
  try {
    execFileSync(process.execPath, ["-e", body], { stdio: "ignore" });
  } catch {
    // Its exit status is rcons's own: no head answers at port 1.
  }
}

/** @param {{ readonly outputFiles?: readonly { readonly text: string }[] }} result */
function contentsOf({ outputFiles = [] }) {
  return outputFiles.map(({ text }) => text).join("");
}

/** Whole or not at all: somebody may start it this moment. @param {string} file @param {string} text */
function put(file, text, mode = 0o644) {
  const made = `${dist}${file}.${process.pid}`;
  writeFileSync(made, text);
  chmodSync(made, mode);
  renameSync(made, `${dist}${file}`);
}
