// @ts-check
// Layers, cycles and owned modules as rules for dependency-cruiser. The facts are in layers.mjs; this
// file only words them.
import { MAY_IMPORT, OWNED_MODULES, TRANSPORT_FOLDERS } from "./layers.mjs";

/** Files that may use fakes and real peers. */
const TEST_FILES = "(^test/|[.]test[.]ts$|^packages/testkit/)";

/** @param {string} text */
const literally = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
/** @param {readonly string[]} texts */
const anyOf = (texts) => `(${texts.map(literally).join("|")})`;

const layerRules = Object.entries(MAY_IMPORT).map(([layer, allowed]) => ({
  name: `layer-${layer}`,
  severity: "error",
  comment: `${layer} may import ${allowed.join(", ") || "nothing"}`,
  from: { path: `^packages/${layer}/` },
  // testkit has a rule of its own: it depends on the file, not on the layer.
  to: { path: "^packages/[^/]+/", pathNot: `^packages/${anyOf([layer, "testkit", ...allowed])}/` },
}));

const ownedRules = OWNED_MODULES.map(({ module, onlyIn, because }) => ({
  name: `owned-${module.replace(/\W+/g, "")}`,
  severity: "error",
  comment: `only in ${onlyIn.join(", ")}: ${because}`,
  from: {
    path: "^packages/",
    pathNot: ["[.]test[.]ts$", ...onlyIn.map((folder) => `^${literally(folder)}`)],
  },
  to: { path: `(^|node_modules/)(@types/)?${literally(module)}${module.endsWith("/") ? "" : "(/|$)"}` },
}));

const kind = anyOf(TRANSPORT_FOLDERS);

/** @type {import("dependency-cruiser").IFlattenedRuleSet} */
export const RULES = /** @type {any} */ ({
  forbidden: [
    ...layerRules,
    ...ownedRules,
    {
      name: "testkit",
      severity: "error",
      comment: "testkit is for *.test.ts and test/ only",
      from: { path: "^packages/", pathNot: TEST_FILES },
      to: { path: "^packages/testkit/" },
    },
    {
      name: "test-file",
      severity: "error",
      comment: "nothing that ships imports a test",
      from: { path: "^packages/", pathNot: TEST_FILES },
      to: { path: "(^test/|[.]test[.]ts$)" },
    },
    {
      name: "transports-apart",
      severity: "error",
      comment: "no kind of transport imports another; what they share lies beside their folders",
      from: { path: `^packages/transports/src/${kind}/`, pathNot: "[.]test[.]ts$" },
      to: { path: `^packages/transports/src/${kind}/`, pathNot: "^packages/transports/src/$1/" },
    },
    {
      name: "assemble",
      severity: "error",
      comment: "only an assemble.ts makes a concrete transport; import the seam with `import type`",
      from: { path: "^packages/agent/src/", pathNot: "([.]test|/assemble)[.]ts$" },
      to: {
        path: "^packages/transports/src/",
        pathNot: "^packages/transports/src/transport[.]ts$",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "no-cycle",
      severity: "error",
      comment: "files do not depend on each other in a circle",
      from: { path: "^(packages|test)/" },
      to: { circular: true },
    },
    {
      name: "resolvable",
      severity: "error",
      comment: "the import leads nowhere",
      from: { path: "^(packages|test)/" },
      // Optional: installed where a serial line is.
      to: { couldNotResolve: true, pathNot: "^serialport$" },
    },
  ],
});

/** @type {import("dependency-cruiser").ICruiseOptions} */
export const CRUISE_OPTIONS = {
  doNotFollow: { path: "node_modules" },
  exclude: { path: "/(dist|generated)/" },
  // Types count: a type names its layer as well as a function does.
  tsPreCompilationDeps: "specify",
  validate: true,
  ruleSet: RULES,
};
