/** True if the whole text has the form of the pattern. */
export type Glob = (text: string) => boolean;

/**
 * A pattern where each `*` stands for any characters, also none. Never backtracks: the first place
 * where a piece fits is as good as any later one, so the time is linear whatever the pattern.
 */
export function compileGlob(pattern: string): Glob {
  const [head = "", ...pieces] = pattern.split("*");
  const tail = pieces.pop();
  if (tail === undefined) return (text) => text === pattern;
  return (text) => {
    if (!text.startsWith(head) || !text.endsWith(tail)) return false;
    const end = text.length - tail.length;
    let at = head.length;
    for (const piece of pieces) {
      const found = text.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return at <= end;
  };
}
