/** An agent and a head each send one this often. */
export const HEARTBEAT_INTERVAL_MS = 2_000;
/** How often silence is counted: finer than a heartbeat, so that "three missed" is not four. */
export const SWEEP_INTERVAL_MS = 500;

/** More than one heartbeat is late. */
export const STALLED_TICKS = 6;
/** The third is missing, or as good as: half a second is for showing it, within 6 s of the last one. */
export const DOWN_TICKS = (3 * HEARTBEAT_INTERVAL_MS) / SWEEP_INTERVAL_MS - 1;
/**
 * A heartbeat of ours is as good as unheard. Together with the one before, which was the last that was answered, the same
 * 5.5 s as {@link DOWN_TICKS}: an answer comes at once.
 */
export const DEAF_TICKS = DOWN_TICKS - HEARTBEAT_INTERVAL_MS / SWEEP_INTERVAL_MS;
/** How long whoever opened a join may take to say who it is. */
export const HELLO_TICKS = 20;
