/**
 * Write the bytes of mode `binary` from `offset` on into `target`. All 256 values, seemingly random,
 * computed from (seed, console, offset) alone: a reader can check any stretch without its beginning.
 */
export function fillPattern(target: Uint8Array, seed: number, consoleIndex: number, offset: number): void {
  const key = mix(seed ^ mix(consoleIndex + 0x9e37_79b9));
  for (let i = 0; i < target.length; i += 1) {
    const at = offset + i;
    // Four offsets share a word; the high half keeps patterns apart beyond 16 GiB.
    const word = mix(key ^ Math.floor(at / 4) ^ mix(Math.floor(at / 2 ** 34)));
    target[i] = word >>> (8 * (at % 4));
  }
}

// The finaliser of MurmurHash3 (public domain): every input bit changes half of the output bits.
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) | 0;
}
