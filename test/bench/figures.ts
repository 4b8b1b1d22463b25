/** What a run of a case found, by name; the unit is the end of the name: `cpuSecondsPerGb`, `logP99Ms`. */
export type Figures = Readonly<Record<string, number>>;

/** Thrown by a case when the machine, not the system, spoilt a run: it is repeated, a few times. */
export class VoidRun extends Error {
  override readonly name = "VoidRun";
}
