/** Something that happens once, for all who wait for it, then and later. */
export interface Once {
  readonly promise: Promise<void>;
  /** It has happened. */
  readonly resolve: () => void;
}

export function once(): Once {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
