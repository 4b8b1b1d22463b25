// @ts-check
// Bundles rcons to one file: one read and one parse at start, and nothing to install beside it.
import { chmodSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const outfile = `${root}packages/rcons/dist/rcons.mjs`;

await build({
  absWorkingDir: root,
  entryPoints: ["packages/rcons/src/main.ts"],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  conditions: ["confed-source"],
  minify: true,
  // Names of errors and classes are read by people and compared by libraries.
  keepNames: true,
  legalComments: "none",
  // CommonJS inside the bundle asks for Node's own modules by `require`.
  banner: {
    js: 'import{createRequire as confedRequire}from"node:module";const require=confedRequire(import.meta.url);',
  },
  logLevel: "warning",
});
chmodSync(outfile, 0o755);
console.log(`${outfile.slice(root.length)} ${Math.ceil(statSync(outfile).size / 1024)} KiB`);
