// @ts-check
// Bundles a program: dist/NAME.mjs is what is started, dist/NAME-HASH.js all of the program. Beside them
// comes dist/NAME-HASH.VERSION.cache: what that version of Node compiled of it, see build-programs.mjs.
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
 * Resolves with what is started, and whether this Node has compiled it before. `main`: its main.ts in
 * packages/; the bundle lies in the dist of that package. `external`: packages that stay where they are.
 *
 * @param {{ readonly name: string, readonly main: string, readonly external?: readonly string[] }} program
 * @returns {Promise<{ readonly path: string, readonly compiled: boolean }>}
 */
export async function bundleProgram({ name, main, external = [] }) {
  const dist = `${root}packages/${main.split("/")[0]}/dist/`;
  const program = await build({
    ...common,
    entryPoints: [`packages/${main}`],
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
  const path = `${dist}${name}.mjs`;
  put(path, contentsOf(start), 0o755);
  const stale = new RegExp(`^${name}-[0-9a-f]{12}\\.`);
  for (const file of readdirSync(dist)) {
    if (stale.test(file) && !file.startsWith(`${hashed}.`)) rmSync(`${dist}${file}`, { force: true });
  }
  const kib = Math.ceil(statSync(`${dist}${hashed}.js`).size / 1024);
  console.log(`packages/${main.split("/")[0]}/dist/${name}.mjs and ${hashed}.js, ${kib} KiB`);
  return { path, compiled: existsSync(`${dist}${hashed}.${process.version}.cache`) };
}

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
