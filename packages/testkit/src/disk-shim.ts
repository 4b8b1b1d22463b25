import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";

const SOURCE = fileURLToPath(new URL("../src/disk-shim.c", import.meta.url));

/** A disk that does as it is told; see disk-shim.c. */
export interface DiskShim {
  /** For the process that shall have that disk, and its children. */
  readonly env: Readonly<Record<string, string>>;
  /** The rules from now on. */
  rules(...rules: readonly string[]): void;
  /** Where changes are recorded. */
  readonly trace: string;
}

/** Compiled for one test, for files below `root`. A text: why there is none. */
export async function diskShim(
  root: string,
  { traced = false }: { readonly traced?: boolean } = {},
): Promise<DiskShim | string> {
  const directory = mkdtempSync(join(tmpdir(), "confed-shim-"));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  const library = join(directory, "shim.so");
  const failed = await promisify(execFile)("gcc", ["-shared", "-fPIC", "-O2", "-o", library, SOURCE]).then(
    () => "",
    (reason: unknown) => `no shim can be compiled here: ${String(reason)}`,
  );
  if (failed !== "") return failed;
  const control = join(directory, "rules");
  const trace = join(directory, "trace");
  const rules = (...lines: readonly string[]) => {
    writeFileSync(control, lines.map((line) => `${line}\n`).join(""));
  };
  rules();
  const env = {
    LD_PRELOAD: library,
    // What goes through io_uring passes by every library.
    UV_USE_IO_URING: "0",
    SHIM_ROOT: root,
    SHIM_CONTROL: control,
    ...(traced ? { SHIM_TRACE: trace } : {}),
  };
  return { env, rules, trace };
}
