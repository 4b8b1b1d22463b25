import { join } from "node:path";
import { laterOf, type Position, PositionsFile, readPositions } from "../log/writer/positions-file.ts";
import { hasWriter } from "../log/writer/predecessor.ts";
import { shardOf } from "./rendezvous.ts";
import { shardDirectory, shardsDirectory } from "./shard-directory.ts";

/** Which shard has a console, as the disk knows it. */
export interface Owner {
  readonly name: string;
  readonly shard: number;
  /** Counts its owners. A position of an earlier turn does not count. */
  readonly turn: number;
  /** Where the owner before left its log; the owner takes it from here if it has not begun yet. */
  readonly handed?: Position | undefined;
}

/** See {@link Ownership.move}. */
export interface Move {
  readonly name: string;
  readonly shard: number;
  /** Where the shard that let go of it left its log. */
  readonly position?: Position | undefined;
}

/**
 * Which shard has which console: recorded in the state directory before the shard is told, so that
 * whatever dies at whatever moment, the record names one owner, and the position that it goes on
 * from is in the record or in that owner's own file. Written by the supervisor alone.
 */
export class Ownership {
  readonly #stateDir: string;
  readonly #file: PositionsFile<Owner>;

  /** Throws what the file system says. */
  constructor(stateDir: string) {
    this.#stateDir = stateDir;
    this.#file = new PositionsFile<Owner>(ownersPathOf(stateDir));
  }

  /** Undefined for what was never given to any. */
  shardOf(name: string): number | undefined {
    return this.#file.get(name)?.shard;
  }

  handed(name: string): Position | undefined {
    return this.#file.get(name)?.handed;
  }

  /**
   * Give consoles that no shard has open to the shard that they belong to among `count`. What that
   * does not change is not written. Durable when it returns.
   */
  settle(names: Iterable<string>, count: number): void {
    const read = positionsReader(this.#stateDir);
    const moves: Move[] = [];
    for (const name of names) {
      const owner = this.#file.get(name);
      const shard = shardOf(name, count);
      if (owner?.shard === shard) continue;
      moves.push({ name, shard, position: read(owner?.shard).get(name) });
    }
    this.move(moves);
  }

  /** Record that consoles have another shard from now on. Durable when it returns. */
  move(moves: readonly Move[]): void {
    this.#file.put(
      moves.map(({ name, shard, position }): Owner => {
        const before = this.#file.get(name);
        const last = laterOf(position, before?.handed);
        const turn = Math.max(before?.turn ?? 0, last?.turn ?? 0) + 1;
        return last === undefined ? { name, shard, turn } : { name, shard, turn, handed: { ...last, turn } };
      }),
    );
  }

  /** The position that a shard which died had of a console, from its file. */
  positionIn(shard: number, name: string): Position | undefined {
    return readPositions(shardDirectory(this.#stateDir, shard)).get(name);
  }

  /** The log writer of a shard that died has not written all of what it was given. */
  hasWriter(shard: number): boolean {
    return hasWriter(shardDirectory(this.#stateDir, shard));
  }

  close(): void {
    this.#file.close();
  }
}

/** The record of owners; none: the agent is one process. */
export function ownersPathOf(stateDir: string): string {
  return join(shardsDirectory(stateDir), "owners");
}

/** The positions of a shard, or of an agent of one process (undefined); each file is read once. */
function positionsReader(stateDir: string): (shard: number | undefined) => ReadonlyMap<string, Position> {
  const known = new Map<number | undefined, ReadonlyMap<string, Position>>();
  return (shard) => {
    let positions = known.get(shard);
    if (positions === undefined) {
      positions = readPositions(shard === undefined ? stateDir : shardDirectory(stateDir, shard));
      known.set(shard, positions);
    }
    return positions;
  };
}
