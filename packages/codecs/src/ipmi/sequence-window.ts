/** How far behind the highest number a packet may come, for networks that reorder; IPMI 2.0, 6.12.13. */
const BEHIND_MAX = 16;
const NUMBER_MAX = 0xffff_ffff;

/**
 * Which session sequence numbers were seen, so that a recorded packet is not taken twice. Any number
 * above the highest is new: some BMCs that share their network port skip many.
 */
export class SequenceWindow {
  #highest = 0;
  /** Bit n: the number n below the highest was seen. */
  #seen = 0;

  /** True if this one is new; it is not from then on. Only for packets whose integrity was proved. */
  admit(sequence: number): boolean {
    if (sequence === 0) return false;
    if (isNewer(sequence, this.#highest)) {
      const ahead = (sequence - this.#highest) >>> 0;
      this.#seen = ahead > BEHIND_MAX ? 1 : ((this.#seen << ahead) | 1) & SEEN_MASK;
      this.#highest = sequence;
      return true;
    }
    const behind = (this.#highest - sequence) >>> 0;
    const bit = 1 << behind;
    if (behind > BEHIND_MAX || (this.#seen & bit) !== 0) return false;
    this.#seen |= bit;
    return true;
  }
}

const SEEN_MASK = (1 << (BEHIND_MAX + 1)) - 1;

/** Whether one number was given after the other. They go round. */
export function isNewer(sequence: number, than: number): boolean {
  const ahead = (sequence - than) >>> 0;
  return ahead !== 0 && ahead <= NUMBER_MAX / 2;
}

/** The number after this one: 0 is for packets outside of sessions and is skipped. */
export function nextSequence(sequence: number): number {
  return sequence === NUMBER_MAX ? 1 : sequence + 1;
}
