import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";

// What operators start: it runs the program beside it (main.ts, bundled) with what V8 compiled of
// it at build time. To compile it anew would be a third of the time until the first key is echoed.

/** `rcons-HASH`, of the program's bytes: V8 itself holds a cache only against the length of its source. */
declare const CONFED_RCONS_CODE: string;

const path = fileURLToPath(new URL(CONFED_RCONS_CODE, import.meta.url));
const script = new Script(`(function(require){${readFileSync(`${path}.js`, "utf8")}\n})`, {
  filename: `${path}.js`,
  cachedData: compiled(),
});
const run = script.runInThisContext() as (require: NodeJS.Require) => void;
run(createRequire(import.meta.url));

/** Another Node than the one that built it refuses it and compiles; so does one that has none. */
function compiled(): Buffer | undefined {
  try {
    return readFileSync(`${path}.cache`);
  } catch {
    return undefined;
  }
}
