import type { Figures } from "./figures.ts";
import type { Fleet } from "./fleet.ts";
import type { SystemName } from "./systems/system.ts";

/** A bound that a figure must keep. */
export interface Target {
  readonly figure: string;
  /** Whose. A system that was left out has no targets. */
  readonly of: SystemName;
  /** A ratio, within one run, to the least of these; the figure itself if not given. */
  readonly against?: readonly SystemName[];
  readonly atMost: number;
  /** For `--quick`: a fleet so small, for so short, says less. */
  readonly quickAtMost: number;
}

/**
 * One row of the benchmark. For every run, and within it for every system in turn, `run` is called
 * once with a fleet: a rack whose consoles are all connected to the system. What the rack sent is held
 * against the logs afterwards; anything missing makes the benchmark fail.
 *
 * Cases with equal `fleet` run one after the other on the same fleet, in the order of cases/index.ts:
 * conserver needs 48 s to start a thousand consoles. So leave the fleet as it was found: quiet.
 */
export interface Case {
  readonly name: string;
  /** One line for the table. */
  readonly about: string;
  readonly systems: readonly SystemName[];
  readonly fleet: (quick: boolean) => FleetOptions;
  readonly run: (fleet: Fleet, quick: boolean) => Promise<Figures>;
  readonly targets: readonly Target[];
  /** Left out of `--quick`. */
  readonly slow?: boolean;
  /** Left out unless it is asked for by name: it takes longer than all others together. */
  readonly onDemand?: boolean;
}

/** What must be equal for cases to share a fleet. */
export interface FleetOptions {
  readonly consoles: number;
  /** A fleet of its own: what the case does to it (kill, reload, fill the disk) is nothing for others. */
  readonly own?: string;
  /** Called as soon as the system was started, long before all is connected: attach now. Its figures count, too. */
  readonly whileStarting?: (fleet: Fleet) => Promise<Figures>;
  /** The logs are not held against what was sent, since the case does that itself. */
  readonly unverified?: boolean;
}
