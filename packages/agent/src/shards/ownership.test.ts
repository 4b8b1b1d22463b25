import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { laterOf, type Position, PositionsFile, positionsPathOf } from "../log/writer/positions-file.ts";
import { readHostPositions } from "./host-positions.ts";
import { takeOverFromShards } from "./host-state.ts";
import { Ownership, ownersPathOf } from "./ownership.ts";
import { shardOf } from "./rendezvous.ts";
import { shardDirectory } from "./shard-directory.ts";

const NAMES = ["n1", "n2", "n3", "n4"];

function stateDir(): string {
  const directory = mkdtempSync(join(tmpdir(), "confed-owners-"));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

const at = (name: string, end: number): Position => ({
  ...{ name, log: "0123456789abcdef", end, clean: true, off: 0, pos: 0, file: `/log/${name}` },
});

/** What the process that has these directories does: take up each console where it should, and go on by 10. */
function goOn(directory: string, names: readonly string[], handed: (name: string) => Position | undefined) {
  const file = new PositionsFile(positionsPathOf(directory));
  const began = new Map(names.map((name) => [name, laterOf(file.get(name), handed(name))]));
  file.put(
    names.map((name) => {
      const known = began.get(name);
      return {
        ...at(name, (known?.end ?? 0) + 10),
        ...(known?.turn === undefined ? {} : { turn: known.turn }),
      };
    }),
  );
  file.close();
  return began;
}

const run = fc.record({
  /** 1: an agent of one process. */
  shards: fc.integer({ min: 1, max: 4 }),
  /** The supervisor dies when it has recorded who has what, and before anybody was told. */
  diesFirst: fc.boolean(),
  /** A line that a dying process has left unfinished. */
  torn: fc.boolean(),
});

test("numbering goes on where it stood through any sequence of starts, counts and deaths", () => {
  fc.assert(
    fc.property(fc.array(run, { minLength: 2, maxLength: 8 }), (runs) => {
      const directory = stateDir();
      let end = 0;
      for (const { shards, diesFirst, torn } of runs) {
        if (shards === 1) {
          takeOverFromShards(directory);
          if (diesFirst) continue;
          const began = goOn(directory, NAMES, () => undefined);
          for (const name of NAMES) expect(began.get(name)?.end ?? 0).toBe(end);
        } else {
          const owners = new Ownership(directory);
          owners.settle(NAMES, shards);
          owners.close();
          if (torn) appendFileSync(ownersPathOf(directory), '{"name":"n1","sha');
          if (diesFirst) continue;
          const again = new Ownership(directory);
          for (let shard = 0; shard < shards; shard += 1) {
            const its = NAMES.filter((name) => again.shardOf(name) === shard);
            const began = goOn(shardDirectory(directory, shard), its, (name) => again.handed(name));
            for (const name of its) expect(began.get(name)?.end ?? 0).toBe(end);
          }
          again.close();
        }
        end += 10;
        const known = readHostPositions(directory);
        for (const name of NAMES) expect(known.get(name)?.end).toBe(end);
      }
    }),
    { numRuns: 60 },
  );
});

test("a console goes to the shard that it belongs to, and is not written again where it stays", () => {
  const directory = stateDir();
  const owners = new Ownership(directory);
  owners.settle(NAMES, 2);
  for (const name of NAMES) expect(owners.shardOf(name)).toBe(shardOf(name, 2));
  owners.move([{ name: "n1", shard: 3, position: at("n1", 500) }]);
  expect(owners.handed("n1")).toEqual({ ...at("n1", 500), turn: 2 });
  owners.settle(["n2", "n3", "n4"], 2);
  expect(owners.handed("n2")).toBeUndefined();
  owners.close();
  const again = new Ownership(directory);
  expect(again.shardOf("n1")).toBe(3);
  expect(again.shardOf("n9")).toBeUndefined();
  again.close();
});
