// @ts-check
/**
 * Makes packages/wire/src/generated from proto/: the types, and the contract as one JSON value so
 * that no .proto file is looked for or parsed at run time. The output is committed; with --check
 * the script fails if it is not what the protos say.
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = join(root, "packages/wire/src/generated");
const made = mkdtempSync(join(tmpdir(), "confed-wire-"));
const protos = ["console", "agent", "head"].map((name) => `confed/v1/${name}.proto`);

execFileSync(
  join(root, "node_modules/.bin/proto-loader-gen-types"),
  [
    "--longs=Number",
    "--enums=String",
    "--defaults",
    "--oneofs",
    "--grpcLib=@grpc/grpc-js",
    "--importFileExtension=.ts",
    "--outputTemplate=%sReceived",
    "-I",
    join(root, "proto"),
    "-O",
    made,
    ...protos,
  ],
  { stdio: ["ignore", "ignore", "inherit"] },
);

for (const file of listing(made)) {
  // The generator writes the absolute path of the proto; ours is the same on every machine.
  const path = join(made, file);
  writeFileSync(
    path,
    readFileSync(path, "utf8").replace(/^\/\/ Original file: .*\/(proto\/.*)$/m, "// From $1"),
  );
}
for (const name of ["console.ts", "agent.ts", "head.ts"]) rmSync(join(made, name));

const contract = new protobuf.Root();
contract.resolvePath = (_origin, path) => join(root, "proto", path);
contract.loadSync(protos);
contract.resolveAll();
writeFileSync(
  join(made, "contract.ts"),
  `// Made by scripts/generate-wire.mjs from proto/. Do not edit.\nexport const contract: unknown = ${JSON.stringify(contract.toJSON(), null, 1)};\n`,
);

/** Everything but the service files, under the names the rest of the house uses. */
const messages = readdirSync(join(made, "confed/v1"))
  .map((file) => file.replace(/\.ts$/, ""))
  .filter((name) => name !== "Agent" && name !== "Head")
  .sort();
writeFileSync(
  join(made, "messages.ts"),
  `// Made by scripts/generate-wire.mjs from proto/. Do not edit.\n${messages
    .map((name) => `export type { ${name}, ${name}Received } from "./confed/v1/${name}.ts";`)
    .join("\n")}\n`,
);

if (process.argv.includes("--check")) {
  const differing = listing(made).filter(
    (file) =>
      !existsSync(join(target, file)) ||
      readFileSync(join(made, file), "utf8") !== readFileSync(join(target, file), "utf8"),
  );
  rmSync(made, { recursive: true });
  if (differing.length > 0) {
    console.error(
      `packages/wire/src/generated is not what proto/ says (${differing.join(", ")}): run node scripts/generate-wire.mjs`,
    );
    process.exit(1);
  }
} else {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  cpSync(made, target, { recursive: true });
  rmSync(made, { recursive: true });
}

/** @param {string} directory @returns {string[]} */
function listing(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}
