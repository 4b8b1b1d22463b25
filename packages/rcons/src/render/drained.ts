import type { OutputStream } from "../world.ts";

/** Resolves when the stream takes more, or never will. Leaves no listener behind. */
export function drained(stream: OutputStream): Promise<void> {
  if (!stream.writableNeedDrain || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.on("drain", done);
    stream.on("close", done);
  });
}
