// @ts-check
// Rules that need types, and the house rules that a person forgets. Format belongs to biome, layers to
// dependency-cruiser.
import { fileURLToPath } from "node:url";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const root = fileURLToPath(new URL("..", import.meta.url));

const TESTS = ["**/*.test.ts", "test/**/*.ts", "packages/testkit/**/*.ts"];
/** The files that start a process: what is outside a process enters here and nowhere else. */
const ENTRY_POINTS = ["packages/*/src/**/main.ts", "packages/*/src/**/*-main.ts"];

const TIMER =
  "Take an injected Clock; only packages/kernel/src/system-clock.ts names the timers of the process.";
const OUTSIDE = "Only an entry point (main.ts, *-main.ts) reads this; pass the value in.";

const OUTSIDE_PROPERTIES = [
  { object: "process", property: "env", message: OUTSIDE },
  { object: "process", property: "argv", message: OUTSIDE },
];
const TIME_PROPERTIES = [
  { object: "Date", property: "now", message: TIMER },
  { object: "performance", property: "now", message: TIMER },
  { object: "AbortSignal", property: "timeout", message: "Use withDeadline of @confed/kernel." },
  {
    object: "AbortSignal",
    property: "any",
    message: "It leaks on Node 20; see packages/kernel/src/deadline.ts.",
  },
];
const TIMER_MODULES = ["node:timers", "node:timers/promises", "timers", "timers/promises"];

export default defineConfig(
  { ignores: ["**/dist/**", "**/generated/**", "**/node_modules/**", ".cache/**", "**/*.{js,cjs,mjs,d.ts}"] },
  {
    files: ["packages/*/src/**/*.ts", "test/**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      // One program over sources and tests: packages resolve to sources, as in vitest.
      parserOptions: { project: ["scripts/tsconfig.eslint.json"], tsconfigRootDir: root },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "max-lines": ["error", { max: 400 }],
      "max-params": ["error", { max: 4 }],
      eqeqeq: "error",
      "no-console": "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-restricted-globals": [
        "error",
        { name: "setTimeout", message: TIMER },
        { name: "setInterval", message: TIMER },
      ],
      "no-restricted-imports": [
        "error",
        {
          paths: [
            ...TIMER_MODULES.map((name) => ({ name, message: TIMER })),
            { name: "node:process", message: "Use the global; its env and argv are guarded there." },
          ],
          patterns: [{ group: ["**/packages/*/**", "**/dist/**"], message: "Import a package by its name." }],
        },
      ],
      "no-restricted-properties": ["error", ...OUTSIDE_PROPERTIES, ...TIME_PROPERTIES],
      "no-restricted-syntax": [
        "error",
        {
          selector: "ExportDefaultDeclaration",
          message: "Export by name: a thing has one name in the whole house.",
        },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: TIMER },
        {
          selector: "PropertyDefinition[accessibility], MethodDefinition[accessibility]",
          message: "Use #private.",
        },
      ],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      // `import { type X }` alone leaves an import of the module behind at run time.
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/no-floating-promises": ["error", { checkThenables: true }],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidOperator: true, ignoreVoidReturningFunctions: true },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // An abort reason is `any` by definition and goes through ConfedError.from.
      "@typescript-eslint/prefer-promise-reject-errors": [
        "error",
        { allowThrowingUnknown: true, allowThrowingAny: true },
      ],
      "@typescript-eslint/only-throw-error": [
        "error",
        { allowThrowingUnknown: true, allowThrowingAny: true, allowRethrowing: true },
      ],
      // Loops that end from inside are ordinary here.
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: true }],
      // `noPropertyAccessFromIndexSignature` is off on purpose.
      "@typescript-eslint/no-dynamic-delete": "off",
      // There are no enums of ours, and those of others are plain numbers to the wire.
      "@typescript-eslint/no-unsafe-enum-comparison": "off",
      // Says "use a type parameter less" about honest signatures of handlers.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      // A promise that only settles the state of others is common in a Scope's releases.
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { inheritedMethods: false } }],
      // Interfaces of ours ask for a promise; an implementation may have nothing to wait for.
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    files: ENTRY_POINTS,
    rules: {
      "no-restricted-properties": ["error", ...TIME_PROPERTIES],
      "no-console": "off",
    },
  },
  {
    files: TESTS,
    rules: {
      // A rig gives its children an environment; time stays forbidden.
      "no-restricted-properties": ["error", ...TIME_PROPERTIES],
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/no-misused-spread": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      // A row of test.each is as wide as its table.
      "max-params": "off",
      "@typescript-eslint/no-empty-function": "off",
      "@typescript-eslint/explicit-module-boundary-types": "off",
      "@typescript-eslint/no-confusing-void-expression": "off",
    },
  },
  {
    files: ["test/bench/**/*.ts"],
    rules: { "no-console": "off" },
  },
  {
    files: ["packages/kernel/src/system-clock.ts"],
    rules: {
      "no-restricted-globals": "off",
      "no-restricted-properties": "off",
      "no-restricted-syntax": "off",
    },
  },
);
