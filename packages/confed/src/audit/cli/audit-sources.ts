import { createPublicKey, type KeyObject } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { checkConfig } from "@confed/config";
import { ConfedError, neutralise } from "@confed/kernel";
import { loadOrSay } from "../../process/load-or-say.ts";
import type { World } from "../../world.ts";
import { auditFilesIn } from "../audit-files.ts";
import { auditDirectory } from "../audit-place.ts";

/** A chain of records: a directory, or one file of it. */
export interface AuditSource {
  /** As people know it. */
  readonly name: string;
  readonly files: readonly { readonly name: string; readonly path: string }[];
  /** That lie beside the records. */
  readonly keys: readonly KeyObject[];
}

/**
 * The chains at a place, a directory or a file, those of shards in directories of their own. Throws
 * "not_found" where there are none.
 */
export function auditSources(place: string): readonly AuditSource[] {
  const stat = statSync(place, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new ConfedError("not_found", `there is no ${neutralise(place, 300)}`, { subject: place });
  if (stat.isFile())
    return [{ name: place, files: [{ name: basename(place), path: place }], keys: keysIn(dirname(place)) }];
  const sources = directoriesIn(place).flatMap((directory) => {
    const files = auditFilesIn(directory);
    return files.length === 0 ? [] : [{ name: directory, files, keys: keysIn(directory) }];
  });
  if (sources.length > 0) return sources;
  throw new ConfedError("not_found", `${neutralise(place, 300)} holds no records of an audit`, {
    subject: place,
    hint: "they are called audit-0000000000000001.jsonl",
  });
}

/** Where the records of an agent or a head of this host are, as its configuration says; undefined: it has faults, which were said. */
export async function auditPlaces(
  config: string,
  { stderr }: Pick<World, "stderr">,
): Promise<readonly string[] | undefined> {
  const loaded = await loadOrSay(checkConfig(config), stderr);
  if (loaded === undefined) return undefined;
  const { agent, head, audit } = loaded;
  const places: string[] = [];
  if (head !== undefined) places.push(auditDirectory(audit, { role: "head", stateDir: head.stateDir }));
  if (agent !== undefined) places.push(auditDirectory(audit, { role: "agent", stateDir: agent.stateDir }));
  return places;
}

/** A key in a file, of the kind that signs checkpoints. Throws "invalid_argument" for anything else. */
export function publicKeyIn(path: string): KeyObject {
  try {
    const key = createPublicKey(readFileSync(path));
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === "ENOENT") throw reason;
  }
  throw new ConfedError("invalid_argument", `${neutralise(path, 300)} holds no key of an audit`, {
    subject: path,
    hint: "key-*.pem beside the records is one",
  });
}

function directoriesIn(place: string): readonly string[] {
  const entries = readdirSync(place, { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(place, name));
  return [place, ...below.sort()];
}

function keysIn(directory: string): readonly KeyObject[] {
  return readdirSync(directory)
    .filter((name) => /^key-.*\.pem$/.test(name))
    .map((name) => publicKeyIn(join(directory, name)));
}
