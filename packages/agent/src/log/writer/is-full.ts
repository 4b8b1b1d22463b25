import type { Rotation } from "../writer-messages.ts";

/** A log file is to be rotated. An empty one never is; one of unknown age (0) for its size alone. */
export function isFull(
  rotate: Rotation | undefined,
  { sizeBytes, ageMs }: { readonly sizeBytes: number; readonly ageMs: number },
): boolean {
  if (rotate === undefined || sizeBytes === 0) return false;
  if (rotate.ageMs !== undefined && ageMs > 0 && ageMs >= rotate.ageMs) return true;
  return rotate.sizeBytes !== undefined && sizeBytes >= rotate.sizeBytes;
}
