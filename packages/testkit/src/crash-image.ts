import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";

/** One change of a disk, as disk-shim.c records it. */
interface Change {
  readonly kind: string;
  readonly atUs: number;
  readonly ino: string;
  readonly bornUs: number;
  readonly offset: number;
  readonly data: Buffer;
  readonly path: string;
  readonly to: string;
}

/** What a disk may hold after the power was lost. */
export interface CrashImage {
  /** Of the last change before it, on the monotonic clock. */
  readonly atUs: number;
  /** By inode and birth of the files made here: inode and birth of those that were lost. */
  readonly files: ReadonlyMap<string, { readonly ino: number; readonly birthtimeMs: number }>;
}

/**
 * Everything that a process did to a directory, and what a power loss at any moment may leave of it:
 * what was synced is there; names as far as the last sync and then as many as chance will have, in
 * order; of what was written since, either a part from the beginning of each file ("in order": as a
 * journaling file system writes back), or any of the writes, holes read as zeros ("any").
 */
export class CrashImages {
  readonly #root: string;
  readonly #changes: readonly Change[];

  constructor(trace: string, root: string) {
    this.#root = root;
    this.#changes = parse(readFileSync(trace));
  }

  /** Moments at which the power may be lost. */
  get count(): number {
    return this.#changes.length + 1;
  }

  /** Put one into the directory, in place of what is there. `random` gives numbers in [0, 1). */
  build(
    moment: number,
    {
      random,
      order,
    }: { readonly random: () => number; readonly order: (path: string) => "any" | "in order" },
  ): CrashImage {
    const done = this.#changes.slice(0, moment);
    const lastSync = done.findLastIndex(({ kind }) => kind === "S");
    const names = lastSync + 1 + Math.floor(random() * (done.length - lastSync));
    const files = new Map<string, Change>();
    const directories: string[] = [];
    for (const change of done.slice(0, names)) {
      if (change.kind === "C") files.set(change.path, change);
      else if (change.kind === "U") files.delete(change.path);
      else if (change.kind === "M") directories.push(change.path);
      else if (change.kind === "R") {
        const moved = files.get(change.path);
        files.delete(change.path);
        if (moved !== undefined) files.set(change.to, moved);
      }
    }
    rmSync(this.#root, { recursive: true, force: true });
    mkdirSync(this.#root, { recursive: true });
    for (const directory of directories) mkdirSync(directory, { recursive: true });
    const born = new Map<string, { readonly ino: number; readonly birthtimeMs: number }>();
    for (const [path, { ino, bornUs }] of files) {
      writeFileSync(path, contentOf(ino, done, { random, order: order(path) }));
      const stat = statSync(path);
      born.set(`${stat.ino}.${stat.birthtimeMs}`, { ino: Number(ino), birthtimeMs: bornUs / 1_000 });
    }
    return { atUs: done.at(-1)?.atUs ?? 0, files: born };
  }
}

function contentOf(
  ino: string,
  done: readonly Change[],
  { random, order }: { readonly random: () => number; readonly order: "any" | "in order" },
): Uint8Array {
  const synced = done.findLastIndex((change) => change.kind === "S" && change.ino === ino);
  const changes = done.flatMap((change, at) =>
    change.ino === ino && (change.kind === "W" || change.kind === "T") ? [{ change, safe: at < synced }] : [],
  );
  const unsafeCount = changes.filter(({ safe }) => !safe).length;
  let left = Math.floor(random() * (unsafeCount + 1));
  let content: Uint8Array = new Uint8Array();
  for (const { change, safe } of changes) {
    let data: Uint8Array = change.data;
    if (!safe && order === "in order") {
      if (left < 0) break;
      // The last of those that made it may have made it in part.
      if (left === 0) data = data.subarray(0, Math.floor(random() * (data.length + 1)));
      left -= 1;
    } else if (!safe && random() < 0.5) continue;
    if (change.kind === "T") content = grown(content.subarray(0, change.offset), change.offset);
    else {
      content = grown(content, change.offset + data.length);
      content.set(data, change.offset);
    }
  }
  return content;
}

function grown(content: Uint8Array, length: number): Uint8Array {
  if (content.length >= length) return content;
  const longer = new Uint8Array(length);
  longer.set(content);
  return longer;
}

function parse(trace: Buffer): readonly Change[] {
  const changes: Change[] = [];
  for (let at = 0; at < trace.length; ) {
    const feed = trace.indexOf(10, at);
    const line = trace.toString("utf8", at, feed);
    at = feed + 1;
    const [kind = "", us = "", ...rest] = line.split(" ");
    const text = line.slice(kind.length + us.length + 2);
    let change: Change = {
      ...{ kind, atUs: Number(us), ino: rest[0] ?? "", bornUs: 0, offset: 0 },
      ...{ data: Buffer.alloc(0), path: text, to: "" },
    };
    if (kind === "C") change = { ...change, bornUs: Number(rest[1]), path: rest.slice(2).join(" ") };
    else if (kind === "T") change = { ...change, offset: Number(rest[1]) };
    else if (kind === "R") {
      const [from = "", to = ""] = text.split("\t");
      change = { ...change, ino: "", path: from, to };
    } else if (kind === "W") {
      const length = Number(rest[2]);
      change = { ...change, offset: Number(rest[1]), data: trace.subarray(at, at + length) };
      at += length + 1;
    }
    changes.push(change);
  }
  return changes;
}
