import { type Clock, ConfedError, type Logger } from "@confed/kernel";
import type { Move, Ownership } from "./ownership.ts";
import type { Owned, Released } from "./shard-messages.ts";
import type { SupervisedShard } from "./supervised-shard.ts";

export interface HandOverDeps {
  readonly owners: Pick<Ownership, "move" | "positionIn" | "hasWriter">;
  readonly logger: Logger;
  readonly clock: Pick<Clock, "after">;
  /** What a shard is told of a console that it shall have; undefined: configured no more. */
  readonly owned: (name: string) => Owned | undefined;
}

/** How many consoles are without an owner at a time: enough to pay for the disk, no more. */
export const HANDED_AT_ONCE = 16;

/** Joins tell their heads of changes every 50 ms. */
export const FORGET_AFTER_MS = 300;

/**
 * Hand a few consoles of one shard to others: it lets go of them, the new owner is recorded, and only
 * then that one begins. Whatever dies at whatever moment, one shard has each, and its numbering goes on
 * from where the last one stopped. What cannot be handed over now stays where it is. Resolves with how
 * many were; never rejects.
 */
export async function handOver(
  from: SupervisedShard,
  wanted: readonly { readonly name: string; readonly to: SupervisedShard }[],
  { owners, owned, logger, clock }: HandOverDeps,
): Promise<number> {
  // What is dead holds nothing; from here to the record nothing else runs, so it cannot begin meanwhile.
  const isDead = from.phase === "waiting" && !owners.hasWriter(from.index);
  const released = isDead
    ? wanted.map(({ name }): Released => ({ name, gone: true }))
    : await from.release(wanted.map(({ name }) => name));
  // It died over it: it comes back with all of them, as the record says.
  if (released === undefined) return 0;
  const target = new Map(wanted.map(({ name, to }) => [name, to]));
  let moves: readonly Move[] = [];
  try {
    moves = released.flatMap(({ name, gone, position }): readonly Move[] => {
      const to = target.get(name);
      if (to === undefined || !gone) return [];
      return [{ name, shard: to.index, position: position ?? owners.positionIn(from.index, name) }];
    });
    owners.move(moves);
  } catch (reason) {
    logger.error("consoles cannot be handed over; they stay where they are", {
      cause: ConfedError.from(reason, "unavailable").message,
    });
    const back = released.filter(({ gone }) => gone).flatMap(({ name }) => owned(name) ?? []);
    await from.change(back, []);
    return 0;
  }
  const targets = [...new Set(wanted.map(({ to }) => to))];
  await Promise.all(
    targets.map((to) =>
      to.change(
        ownedOf(
          moves.filter(({ shard }) => shard === to.index),
          owned,
        ),
        [],
      ),
    ),
  );
  // Heads hear of the new owner first, so that the console is somebody's at every moment.
  clock.after(FORGET_AFTER_MS, () => {
    from.tell({ do: "forget", names: moves.map(({ name }) => name) });
  });
  return moves.length;
}

function ownedOf(moves: readonly Move[], owned: HandOverDeps["owned"]): readonly Owned[] {
  return moves.flatMap(({ name }) => owned(name) ?? []);
}
