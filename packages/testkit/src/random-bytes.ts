/** Bytes that look random and are the same for the same seed (xorshift32, Marsaglia 2003). */
export function randomBytes(length: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  const random = randomNumbers(seed);
  for (let at = 0; at < length; at += 1) bytes[at] = random() & 0xff;
  return bytes;
}

/** Numbers of 32 bits that look random and are the same for the same seed; a seed is not 0. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Every byte value once, in order. */
export const ALL_BYTES: Uint8Array = Uint8Array.from({ length: 256 }, (_, value) => value);
