/**
 * When what every console does every `everyMs` is done for the first time, as if before: consoles that
 * begin together take turns from then on, instead of eight thousand of them in one batch.
 */
export function firstTurnMs(nowMs: number, everyMs: number): number {
  place = (place + GOLDEN_RATIO) % 1;
  return nowMs - place * everyMs;
}

/** Places far from those taken before, however many there will be. */
const GOLDEN_RATIO = 0.618_033_988_749_895;
let place = 0;
