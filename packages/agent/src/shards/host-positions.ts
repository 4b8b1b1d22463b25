import { laterOf, type Position, readNamed, readPositions } from "../log/writer/positions-file.ts";
import { type Owner, ownersPathOf } from "./ownership.ts";
import { shardDirectory } from "./shard-directory.ts";

/**
 * The positions of all consoles of a host, whichever of its processes has them, without touching
 * anything. Costs one reading of every file.
 */
export function readHostPositions(stateDir: string): ReadonlyMap<string, Position> {
  const positions = new Map(readPositions(stateDir));
  const inShard = new Map<number, ReadonlyMap<string, Position>>();
  for (const { name, shard, handed } of readNamed<Owner>(ownersPathOf(stateDir)).values()) {
    const own = inShard.get(shard) ?? readPositions(shardDirectory(stateDir, shard));
    inShard.set(shard, own);
    const last = laterOf(own.get(name), handed);
    if (last === undefined) positions.delete(name);
    else positions.set(name, last);
  }
  return positions;
}
