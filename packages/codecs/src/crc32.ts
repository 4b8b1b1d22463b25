const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc >>> 0;
});

/** CRC-32 (IEEE 802.3, as in gzip) of a text's UTF-16 code units folded to bytes; ASCII is as usual. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    crc = (crc >>> 8) ^ (TABLE[(crc ^ unit) & 0xff] ?? 0);
    // Names and messages may hold more than ASCII; the upper half counts as a byte of its own.
    if (unit > 0xff) crc = (crc >>> 8) ^ (TABLE[(crc ^ (unit >>> 8)) & 0xff] ?? 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
