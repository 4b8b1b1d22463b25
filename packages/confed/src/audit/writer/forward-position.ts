import { createHash } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Up to which record a receiver has everything, kept in a file beside the records. */
export interface ForwardPosition {
  /** 0: nothing yet. */
  readonly seq: number;
  /** Throws what the file system says; the old position is there then. */
  save(seq: number): void;
}

/** The position of a receiver. One that cannot be read is that of a receiver that has nothing. */
export function forwardPosition(directory: string, target: string): ForwardPosition {
  const name = createHash("sha256").update(target).digest("hex").slice(0, 16);
  const path = join(directory, `forward-${name}.json`);
  return {
    seq: read(path),
    save(seq) {
      // Not synced: what is forgotten is sent twice, which is allowed.
      const temporary = `${path}.new`;
      writeFileSync(temporary, `${JSON.stringify({ target, seq })}\n`, { mode: 0o600 });
      renameSync(temporary, path);
    },
  };
}

function read(path: string): number {
  try {
    const { seq } = JSON.parse(readFileSync(path, "utf8")) as { readonly seq?: unknown };
    return typeof seq === "number" && Number.isSafeInteger(seq) && seq >= 0 ? seq : 0;
  } catch {
    return 0;
  }
}
