// @ts-check
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleProgram } from "./bundle-program.mjs";

// An agent whose standard input has ended: it starts, dials a port where nobody answers, and ends.
const dir = mkdtempSync(join(tmpdir(), "confed-build-"));
try {
  const config = join(dir, "agent.json");
  writeFileSync(
    config,
    JSON.stringify({
      agent: { id: "build", listen: "127.0.0.1:0", state: join(dir, "state") },
      logs: { path: join(dir, "&.log") },
      consoles: [{ name: "n1", transport: "tcp", host: "127.0.0.1", port: 1 }],
    }),
  );
  await bundleProgram({
    name: "confed",
    args: ["agent", "--config", config, "--until-stdin-ends"],
    // Native, or loaded by few.
    external: ["@node-rs/argon2", "node-pty", "serialport", "ssh2"],
  });
} finally {
  rmSync(dir, { recursive: true, force: true });
}
