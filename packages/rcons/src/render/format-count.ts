/** "1 byte", "3,204 bytes"; thousands are set apart for reading aloud on a telephone. */
export function formatCount(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** "3,204" in every locale: what is printed is also matched by scripts. */
export function formatNumber(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}
