import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { ConfedError } from "@confed/kernel";
import { XCAT_FILES, type XcatFile } from "./xcat-files.ts";

/** What was put where, for `remove`. */
interface InstalledRecord {
  /** By path: the hash of what is ours, and whether something of somebody else's was moved aside for it. */
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly kept: boolean }>>;
  /** Made for it, the inner ones last. */
  readonly directories: readonly string[];
}

/** Where the record is, below the root. */
const RECORD = "/var/lib/confed/xcat/installed.json";

/** What was there before keeps its name, with this behind it. */
const KEPT = ".before-confed";

/** Takes what became of a file, in a line for people. */
export type Said = (line: string) => void;

/**
 * Put everything in place below `root`; what is there already and ours is left as it is. What is somebody else's is moved
 * aside, whole, with its owner, mode and times.
 */
export function installXcat(root: string, say: Said): void {
  const known = readRecord(root);
  const before = known ?? { files: {}, directories: [] };
  const files: Record<string, { sha256: string; kept: boolean }> = { ...before.files };
  const directories = [...before.directories];
  const makeDirectory = (path: string, mode: number) => {
    const made = mkdirSync(join(root, path), { recursive: true, mode });
    if (made === undefined) return;
    for (let at = path; at !== "/" && join(root, at).length >= made.length; at = dirname(at))
      if (!directories.includes(at)) directories.push(at);
  };
  makeDirectory("/var/log/consoles", 0o755);
  makeDirectory(dirname(RECORD), 0o755);
  for (const file of XCAT_FILES) {
    const path = join(root, file.path);
    const ours = files[file.path];
    const there = hashOf(path);
    const sha256 = sha256Of(file.text);
    if (there === sha256 && ours !== undefined) continue;
    if (there !== undefined && there !== ours?.sha256 && file.keepsOther === true) {
      say(`${file.path}: left as it is`);
      continue;
    }
    makeDirectory(dirname(file.path), 0o755);
    const isOthers = there !== undefined && there !== ours?.sha256;
    if (isOthers) {
      if (existsSync(path + KEPT)) throw keptTwice(file.path);
      renameSync(path, path + KEPT);
    }
    // Known before it is done: a crash in between is undone by remove.
    files[file.path] = { sha256, kept: isOthers || ours?.kept === true };
    writeRecord(root, { files, directories });
    writeWhole(path, file);
    say(`${file.path}: ${isOthers ? `installed, what was there is ${file.path}${KEPT}` : "installed"}`);
  }
  const record: InstalledRecord = { files, directories };
  if (JSON.stringify(record) !== JSON.stringify(known)) writeRecord(root, record);
}

/** Undo exactly what `install` did. Returns false if something was left, for it was changed since; `say` tells what. */
export function removeXcat(root: string, say: Said): boolean {
  const record = readRecord(root);
  if (record === undefined) {
    say("nothing is installed");
    return true;
  }
  const left: Record<string, { sha256: string; kept: boolean }> = {};
  for (const [path, { sha256, kept }] of Object.entries(record.files)) {
    const at = join(root, path);
    const there = hashOf(at);
    if (there !== undefined && there !== sha256) {
      say(`${path}: has been changed since, and is left; take it away yourself, then once more`);
      left[path] = { sha256, kept };
      continue;
    }
    rmSync(at, { force: true });
    if (kept && existsSync(at + KEPT)) renameSync(at + KEPT, at);
    say(`${path}: ${kept ? "as it was before" : "removed"}`);
  }
  if (Object.keys(left).length > 0) {
    writeRecord(root, { files: left, directories: record.directories });
    return false;
  }
  rmSync(join(root, RECORD), { force: true });
  for (const directory of [...record.directories].sort((a, b) => b.length - a.length)) {
    const at = join(root, directory);
    // Logs that were written since, or somebody's files: theirs.
    if (existsSync(at) && readdirSync(at).length === 0) rmdirSync(at);
  }
  return true;
}

/** What is not as `install` left it, by path. */
export function deviations(root: string): readonly { readonly path: string; readonly what: string }[] {
  return XCAT_FILES.flatMap(({ path, text, mode, keepsOther }) => {
    const at = join(root, path);
    const there = hashOf(at);
    if (there === undefined) return [{ path, what: "is not there" }];
    if (keepsOther === true) return [];
    if (there !== sha256Of(text)) return [{ path, what: "is not the one that confed installs" }];
    return (lstatSync(at).mode & 0o777) === mode
      ? []
      : [{ path, what: `has not the mode ${mode.toString(8)}` }];
  });
}

function readRecord(root: string): InstalledRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(root, RECORD), "utf8")) as InstalledRecord;
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new ConfedError("data_loss", "what was installed cannot be read", {
      where: join(root, RECORD),
      cause: reason,
      hint: `files that were moved aside end in ${KEPT}`,
    });
  }
}

function writeRecord(root: string, record: InstalledRecord): void {
  const path = join(root, RECORD);
  writeFileSync(`${path}.new`, `${JSON.stringify(record, undefined, 2)}\n`);
  renameSync(`${path}.new`, path);
}

function writeWhole(path: string, { text, mode }: XcatFile): void {
  writeFileSync(`${path}.new`, text);
  chmodSync(`${path}.new`, mode);
  renameSync(`${path}.new`, path);
}

function hashOf(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  // A link is nobody's file but whose it is, wherever it leads.
  return stat.isFile() ? sha256Of(readFileSync(path)) : "";
}

function sha256Of(text: string | Buffer): string {
  return createHash("sha256").update(text).digest("hex");
}

function keptTwice(path: string): ConfedError {
  return new ConfedError("conflict", `${path} is somebody's again, and so is ${path}${KEPT}`, {
    subject: path,
    hint: "take one of them away",
  });
}
