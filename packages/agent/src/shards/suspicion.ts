/** Consoles that the last deaths of a shard have in common: one of them may be what it dies of. */
export interface Suspicion {
  readonly deaths: number;
  readonly suspects: ReadonlySet<string>;
}

/** As often as this it must have died busy with the one same console. */
const DEATHS_LEAST = 2;

/**
 * What a death adds to what was suspected: `busy` is what the shard was busy with. Nothing at all, or
 * nothing that the deaths before had as well: whatever it was, it was no console.
 */
export function suspect(before: Suspicion | undefined, busy: ReadonlySet<string>): Suspicion | undefined {
  if (busy.size === 0) return undefined;
  if (before === undefined) return { deaths: 1, suspects: busy };
  const suspects = new Set([...before.suspects].filter((name) => busy.has(name)));
  return suspects.size === 0 ? { deaths: 1, suspects: busy } : { deaths: before.deaths + 1, suspects };
}

/** The console that a shard dies of, once no other is left. */
export function culpritOf(suspicion: Suspicion | undefined): string | undefined {
  if (suspicion === undefined || suspicion.deaths < DEATHS_LEAST || suspicion.suspects.size !== 1)
    return undefined;
  const [culprit] = suspicion.suspects;
  return culprit;
}
