/** "10:31:07", this host's zone. */
export function timeText(wallTimeMs: number): string {
  const at = new Date(wallTimeMs);
  return [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}
