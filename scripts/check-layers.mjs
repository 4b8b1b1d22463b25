// @ts-check
// Usage: node scripts/check-layers.mjs [--root FOLDER] [--write]
// Holds the imports of FOLDER (this repository) and the table in its packages/README.md against
// layers.mjs. Prints every violation with both files; --write rewrites the table instead.
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cruise } from "dependency-cruiser";
import { CRUISE_OPTIONS } from "./dependency-cruiser.mjs";
import { MAY_IMPORT, OWNED_MODULES } from "./layers.mjs";

const { values } = parseArgs({
  options: { root: { type: "string" }, write: { type: "boolean", default: false } },
});
const root = realpathSync(values.root ?? fileURLToPath(new URL("..", import.meta.url)));

const faults = [...packageFaults(), ...tableFaults(values.write), ...(await importFaults())];
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) {
  process.stderr.write(`${faults.length} against the layers (scripts/layers.mjs)\n`);
  process.exitCode = 1;
}

/** Every folder is in the table, and names as its dependencies no more than the table allows. */
function* packageFaults() {
  const folders = readdirSync(join(root, "packages"), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  for (const { name } of folders) {
    const allowed = MAY_IMPORT[name];
    if (allowed === undefined) {
      yield `packages/${name}: not in the table`;
      continue;
    }
    const manifest = join(root, "packages", name, "package.json");
    if (!existsSync(manifest)) continue;
    const { dependencies = {} } = JSON.parse(readFileSync(manifest, "utf8"));
    for (const dependency of Object.keys(dependencies)) {
      const [scope, layer] = dependency.split("/");
      if (scope === "@confed" && layer !== undefined && !allowed.includes(layer)) {
        yield `packages/${name}/package.json depends on ${dependency}: ${name} may import ${allowed.join(", ") || "nothing"}`;
      }
    }
  }
}

/** @param {boolean} write */
function* tableFaults(write) {
  const file = join(root, "packages", "README.md");
  if (!existsSync(file)) return;
  const text = readFileSync(file, "utf8");
  const between = /(<!-- layers -->\n)[^]*?(<!-- \/layers -->)/;
  if (!between.test(text)) yield "packages/README.md: has no <!-- layers --> ... <!-- /layers -->";
  const wanted = text.replace(between, (_all, open, close) => `${open}${layerTable()}${close}`);
  if (wanted === text) return;
  if (write) writeFileSync(file, wanted);
  else
    yield "packages/README.md: its table is not the one of scripts/layers.mjs; run `npm run layers -- --write`";
}

function layerTable() {
  const layers = Object.entries(MAY_IMPORT).map(
    ([layer, allowed]) => `| ${layer} | ${allowed.join(", ") || "nothing"} |`,
  );
  const owned = OWNED_MODULES.map(
    ({ module, onlyIn, because }) =>
      `| \`${module}\` | ${onlyIn.map((folder) => `\`${folder}\``).join(", ")} | ${because} |`,
  );
  return [
    "| package | may import |",
    "|---|---|",
    ...layers,
    "",
    "| module | only in | because |",
    "|---|---|---|",
    ...owned,
    "",
  ].join("\n");
}

async function importFaults() {
  // dependency-cruiser matches paths relative to the working directory, whatever its baseDir says.
  process.chdir(root);
  const { output } = await cruise(
    ["packages", "test"].filter((folder) => existsSync(folder)),
    { ...CRUISE_OPTIONS, baseDir: root },
    {
      // Packages resolve to their sources, as in the type check and the tests.
      conditionNames: ["confed-source", "import", "node", "default", "types"],
      exportsFields: ["exports"],
      extensions: [".ts", ".js", ".mjs", ".cjs", ".json", ".node", ".d.ts"],
    },
  );
  if (typeof output === "string") throw new Error("dependency-cruiser gave text");
  const comments = new Map(CRUISE_OPTIONS.ruleSet?.forbidden?.map((rule) => [rule.name, rule.comment]));
  const faultsFound = output.summary.violations.map(({ from, to, rule, cycle }) => {
    const way =
      cycle === undefined ? `${from} imports ${to}` : [from, ...cycle.map(({ name }) => name)].join(" -> ");
    return `${way}: ${comments.get(rule.name) ?? rule.name}`;
  });
  if (output.summary.totalCruised === 0) faultsFound.push("no file was looked at");
  return faultsFound;
}
