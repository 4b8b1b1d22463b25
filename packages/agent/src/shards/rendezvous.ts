/**
 * Which of `count` shards a console belongs to: the one that scores highest for its name. Another
 * count moves no console between two shards that both counts have. One multiplication a shard.
 *
 * Rendezvous hashing: Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998.
 */
export function shardOf(name: string, count: number): number {
  const hash = fnv1a(name);
  let best = 0;
  let bestScore = -1;
  for (let shard = 0; shard < count; shard += 1) {
    const score = mixed(hash ^ mixed(shard + 1));
    if (score <= bestScore) continue;
    best = shard;
    bestScore = score;
  }
  return best;
}

/** FNV-1a over UTF-16 code units, 32 bits. Names are ASCII. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** Every bit of the result depends on every bit of `word`: the finaliser of MurmurHash3, which is in the public domain. */
function mixed(word: number): number {
  let hash = word;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
