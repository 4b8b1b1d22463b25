const UNIT_BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 } as const;

const BYTE_SIZE = /^(\d{1,15})(B|KiB|MiB|GiB|TiB)$/;

/** Bytes of "64MiB": a whole number and its unit, never a bare number. Undefined: it is none. */
export function parseByteSize(text: string): number | undefined {
  const [, digits, unit] = BYTE_SIZE.exec(text) ?? [];
  const bytes = Number(digits) * UNIT_BYTES[unit as keyof typeof UNIT_BYTES];
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
