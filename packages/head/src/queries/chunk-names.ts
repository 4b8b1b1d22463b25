/** With a position for each, and all of the longest, a request stays under 256 KiB. */
const CHUNK_BYTES_MAX = 100 * 1024;
/** A position, and what frames it. */
const PER_NAME_BYTES = 48;

/** Names in lists that fit into one request each, with a position for every name. */
export function* chunkNames(names: Iterable<string>): Generator<readonly string[], void> {
  let chunk: string[] = [];
  let sizeBytes = 0;
  for (const name of names) {
    sizeBytes += name.length + PER_NAME_BYTES;
    if (sizeBytes > CHUNK_BYTES_MAX && chunk.length > 0) {
      yield chunk;
      chunk = [];
      sizeBytes = name.length + PER_NAME_BYTES;
    }
    chunk.push(name);
  }
  if (chunk.length > 0) yield chunk;
}
