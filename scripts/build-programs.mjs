// @ts-check
// Bundles all that is started, and has this Node compile it: once for each state of the sources.
import { bundleProgram } from "./bundle-program.mjs";
import { warmUp } from "./warm-up.mjs";

const [confed, rcons, logWriter, auditWriter] = await Promise.all([
  bundleProgram({
    name: "confed",
    main: "confed/src/main.ts",
    // Native, or loaded by few.
    external: ["@node-rs/argon2", "node-pty", "serialport", "ssh2"],
  }),
  bundleProgram({ name: "rcons", main: "rcons/src/main.ts" }),
  bundleProgram({ name: "log-writer", main: "agent/src/log/writer/writer-main.ts" }),
  bundleProgram({ name: "audit-writer", main: "confed/src/audit/writer/audit-main.ts" }),
]);
// So small, and killed when it is not needed any more: it is compiled as it starts.
await bundleProgram({ name: "log-reader", main: "agent/src/log/reader/reader-main.ts" });
const programs = [confed, rcons, logWriter, auditWriter];
if (!programs.every(({ compiled }) => compiled)) {
  await warmUp({ confed: confed.path, rcons: rcons.path, auditWriter: auditWriter.path });
}
