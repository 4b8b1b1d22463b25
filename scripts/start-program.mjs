// @ts-check
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";

// What is started: it runs the program beside it (its main.ts, bundled) with what V8 compiled of it at
// build time. To find and compile hundreds of modules anew would be most of the time until an agent
// dials, or a third of the time until the first key is echoed.

// `NAME-HASH`, of the program's bytes: V8 itself holds a cache only against the length of its source.
const name = /** @type {{ CONFED_PROGRAM: string }} */ (/** @type {unknown} */ ({ CONFED_PROGRAM }))
  .CONFED_PROGRAM;
const url = new URL(`${name}.js`, import.meta.url).href;
const filename = fileURLToPath(url);
// Of this Node: another one's it would refuse.
const cache = filename.replace(/js$/, `${process.version}.cache`);
const script = new Script(`(function(require,moduleUrl){${readFileSync(filename, "utf8")}\n})`, {
  filename,
  cachedData: compiled(),
});
// The build runs its programs once, and keeps what each has compiled by its end.
if (process.env.CONFED_KEEP_COMPILED === "1") process.on("exit", keep);
script.runInThisContext()(createRequire(url), url);

/** Who has none compiles. */
function compiled() {
  try {
    return readFileSync(cache);
  } catch {
    return undefined;
  }
}

/** Whole or not at all: somebody may start it this moment. */
function keep() {
  const made = `${cache}.${process.pid}`;
  writeFileSync(made, script.createCachedData());
  renameSync(made, cache);
}
