// @ts-check
// Usage: node scripts/limits.mjs [--root FOLDER] [--write]
// Prints every limit of FOLDER (this repository) into its packages/LIMITS.md, or says that it is stale.
// A limit is a constant of a source that is called X_MAX or X_MIN, or a member of one called X_LIMITS; the
// comment above it is its reason. One without a reason is a fault.
import { readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import ts from "typescript";

const { values } = parseArgs({
  options: { root: { type: "string" }, write: { type: "boolean", default: false } },
});
const root = realpathSync(values.root ?? fileURLToPath(new URL("..", import.meta.url)));

/** Played machines and tests bound nobody. */
const LEFT_OUT = new Set(["simulator", "testkit"]);
const NAME = /_(MAX|MIN|LIMITS)$/;

/** @typedef {{ file: string, name: string, value: string, reason: string }} Limit */

/** @type {Map<string, Limit[]>} */
const byPackage = new Map();
const faults = [];
for (const file of sources()) {
  const layer = file.split("/")[1] ?? "";
  const found = [...limitsIn(file)];
  if (found.length > 0) byPackage.set(layer, [...(byPackage.get(layer) ?? []), ...found]);
  for (const { name, reason } of found)
    if (reason === "") faults.push(`${file}: ${name} has no reason; write it above as a comment`);
}
const page = join(root, "packages", "LIMITS.md");
const wanted = text();
if (values.write) writeFileSync(page, wanted);
else if (read(page) !== wanted)
  faults.push("packages/LIMITS.md: is not what the sources say; run `npm run limits -- --write`");
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;

/** @returns {string[]} */
function sources() {
  const folder = join(root, "packages");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => relative(root, file))
    .filter((file) => /^packages\/[^/]+\/src\//.test(file) && !file.includes("/generated/"))
    .filter((file) => !LEFT_OUT.has(file.split("/")[1] ?? ""))
    .sort();
}

/** @param {string} file */
function* limitsIn(file) {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(root, file), "utf8"),
    ts.ScriptTarget.Latest,
    true,
  );
  const constants = new Map();
  let reason = "";
  let end = 0;
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    // A constant right below another one shares its comment.
    const above = commentOf(source, statement);
    const follows = !source.text.slice(end, statement.getStart()).includes("\n\n");
    reason = above !== "" ? above : follows ? reason : "";
    end = statement.end;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (!ts.isIdentifier(name) || initializer === undefined) continue;
      constants.set(name.text, initializer);
      if (!NAME.test(name.text)) continue;
      const table = asObject(initializer);
      if (table === undefined)
        yield { file, name: name.text, value: shown(name.text, initializer, constants), reason };
      else {
        // What is said of all of them is each one's reason, unless it only announces theirs.
        const ofAll = /with their reasons/.test(above) ? "" : above;
        yield* members(table, { file, source, constants, path: name.text, reason: ofAll });
      }
    }
  }
}

/**
 * @param {ts.ObjectLiteralExpression} table
 * @param {{ file: string, source: ts.SourceFile, constants: Map<string, ts.Expression>, path: string, reason: string }} at
 * @returns {Generator<Limit>}
 */
function* members(table, { file, source, constants, path, reason: first }) {
  let reason = first;
  for (const member of table.properties) {
    if (!ts.isPropertyAssignment(member)) continue;
    reason = commentOf(source, member) || reason;
    const name = `${path}.${member.name.getText()}`;
    const inner = asObject(member.initializer);
    if (inner !== undefined) yield* members(inner, { file, source, constants, path: name, reason });
    else yield { file, name, value: shown(name, member.initializer, constants), reason };
  }
}

/**
 * @param {ts.Expression} expression
 * @returns {ts.ObjectLiteralExpression | undefined}
 */
function asObject(expression) {
  if (ts.isAsExpression(expression) || ts.isSatisfiesExpression(expression))
    return asObject(expression.expression);
  return ts.isObjectLiteralExpression(expression) ? expression : undefined;
}

/**
 * @param {ts.SourceFile} source
 * @param {ts.Node} node
 */
function commentOf(source, node) {
  const ranges = ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? [];
  return ranges
    .map(({ pos, end }) => source.text.slice(pos, end))
    .join("\n")
    .replaceAll(/^\s*(\/\*\*|\*\/|\*|\/\/)?|\*\/$/gm, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/**
 * @param {string} name
 * @param {ts.Expression} expression
 * @param {Map<string, ts.Expression>} constants
 */
function shown(name, expression, constants) {
  const number = numberOf(expression, constants);
  if (number === undefined) return `\`${expression.getText().replaceAll(/\s+/g, " ")}\``;
  if (/ms(_?max|_?min)?$|Ms/i.test(name)) return time(number);
  if (/bytes/i.test(name)) return size(number);
  return number.toLocaleString("en-US");
}

/**
 * @param {ts.Expression} expression
 * @param {Map<string, ts.Expression>} constants
 * @returns {number | undefined}
 */
function numberOf(expression, constants) {
  if (ts.isNumericLiteral(expression)) return Number(expression.text.replaceAll("_", ""));
  if (ts.isAsExpression(expression) || ts.isParenthesizedExpression(expression))
    return numberOf(expression.expression, constants);
  if (ts.isIdentifier(expression)) {
    const found = constants.get(expression.text);
    return found === undefined ? undefined : numberOf(found, constants);
  }
  if (!ts.isBinaryExpression(expression)) return undefined;
  const left = numberOf(expression.left, constants);
  const right = numberOf(expression.right, constants);
  if (left === undefined || right === undefined) return undefined;
  switch (expression.operatorToken.kind) {
    case ts.SyntaxKind.AsteriskToken:
      return left * right;
    case ts.SyntaxKind.AsteriskAsteriskToken:
      return left ** right;
    case ts.SyntaxKind.PlusToken:
      return left + right;
    case ts.SyntaxKind.MinusToken:
      return left - right;
    case ts.SyntaxKind.SlashToken:
      return left / right;
    default:
      return undefined;
  }
}

/** @param {number} bytes */
function size(bytes) {
  for (const [unit, name] of /** @type {const} */ ([
    [1024 ** 3, "GiB"],
    [1024 ** 2, "MiB"],
    [1024, "KiB"],
  ]))
    if (bytes >= unit && bytes % unit === 0) return `${bytes / unit} ${name}`;
  return `${bytes.toLocaleString("en-US")} bytes`;
}

/** @param {number} ms */
function time(ms) {
  for (const [unit, name] of /** @type {const} */ ([
    [86_400_000, "d"],
    [3_600_000, "h"],
    [60_000, "min"],
    [1_000, "s"],
  ]))
    if (ms >= unit && ms % unit === 0) return `${ms / unit} ${name}`;
  return `${ms.toLocaleString("en-US")} ms`;
}

function text() {
  const lines = [
    "# Limits",
    "",
    "Every bound in the sources, with its reason, as it stands beside what enforces it. Printed by",
    "`npm run limits -- --write`; do not edit.",
  ];
  for (const [layer, limits] of [...byPackage].sort()) {
    lines.push("", `## ${layer}`, "", "| limit | value | reason | in |", "|---|---|---|---|");
    for (const { name, value, reason, file } of limits) {
      const where = file.replace(`packages/${layer}/src/`, "");
      lines.push(`| \`${name}\` | ${value} | ${reason.replaceAll("|", "\\|")} | \`${where}\` |`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
