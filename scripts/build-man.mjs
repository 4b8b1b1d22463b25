// @ts-check
// Prints the man pages from the definitions that the commands themselves run by; `tsc -b` comes first.
// A package that has a page exports `<name>Man()` from its index.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

for (const name of ["rcons", "confed"]) {
  const exported = await import(`../packages/${name}/dist/index.js`);
  const render = exported[`${name}Man`];
  if (typeof render !== "function") continue;
  const folder = `${root}packages/${name}/dist/man`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${name}.1`, render());
  console.log(`packages/${name}/dist/man/${name}.1`);
}
