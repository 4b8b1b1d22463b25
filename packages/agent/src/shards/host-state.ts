import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PositionsFile, positionsPathOf, readNamed } from "../log/writer/positions-file.ts";
import { inheritStuckWriter } from "../log/writer/predecessor.ts";
import { readHostPositions } from "./host-positions.ts";
import { type Owner, ownersPathOf } from "./ownership.ts";
import { shardsDirectory } from "./shard-directory.ts";

/** The directories of the shards that a host has or had. */
export function shardDirectories(stateDir: string): readonly string[] {
  const directory = shardsDirectory(stateDir);
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => /^\d+$/.test(name))
    .map((name) => join(directory, name));
}

/**
 * Before an agent of one process begins: what shards of earlier had is its own from now on. Nothing
 * of them may run any more. Whatever it dies of, the next start finishes it.
 */
export function takeOverFromShards(stateDir: string): void {
  const directories = shardDirectories(stateDir);
  if (existsSync(ownersPathOf(stateDir))) {
    for (const directory of directories) inheritStuckWriter(directory, stateDir);
    const positions = readHostPositions(stateDir);
    const file = new PositionsFile(positionsPathOf(stateDir));
    const owned = [...readNamed<Owner>(ownersPathOf(stateDir)).values()];
    file.put(
      owned.flatMap(({ name, turn }) => {
        const last = positions.get(name);
        return last === undefined ? [] : { ...last, turn: turn + 1 };
      }),
    );
    file.close();
    // The record first: without it what else is left means nothing.
    rmSync(ownersPathOf(stateDir), { force: true });
  }
  rmSync(shardsDirectory(stateDir), { recursive: true, force: true });
}
