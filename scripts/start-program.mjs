// @ts-check
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";

// What people start: it runs the program beside it (its main.ts, bundled) with what V8 compiled of
// it at build time. To find and compile hundreds of modules anew would be most of the time until an
// agent dials, or a third of the time until the first key is echoed.

// `NAME-HASH`, of the program's bytes: V8 itself holds a cache only against the length of its source.
const name = /** @type {{ CONFED_PROGRAM: string }} */ (/** @type {unknown} */ ({ CONFED_PROGRAM }))
  .CONFED_PROGRAM;
const url = new URL(`${name}.js`, import.meta.url).href;
const filename = fileURLToPath(url);
const script = new Script(`(function(require,moduleUrl){${readFileSync(filename, "utf8")}\n})`, {
  filename,
  cachedData: compiled(),
});
script.runInThisContext()(createRequire(url), url);

/** Another Node than the one that built it refuses it and compiles; so does one that has none. */
function compiled() {
  try {
    return readFileSync(filename.replace(/js$/, "cache"));
  } catch {
    return undefined;
  }
}
