import type { Cancel } from "@confed/kernel";
import type { TlsMaterial, TlsProvider } from "./tls-material.ts";

/** Whose certificates count no more, as it is known now. */
export interface LockedOut {
  readonly current: () => ReadonlySet<string>;
  /** Called back after each change. */
  readonly watch: (changed: () => void) => Cancel;
}

/** The material of a machine whose certificate comes from elsewhere, and which is told who is locked out. */
export function withLockedOut(tls: TlsProvider, lockedOut: LockedOut): TlsProvider {
  let of: TlsMaterial | undefined;
  let composed: TlsMaterial | undefined;
  // Before anybody who watches: they read it then.
  lockedOut.watch(() => {
    composed = undefined;
  });
  return {
    current() {
      const own = tls.current();
      if (own !== of || composed === undefined) {
        of = own;
        composed = { ...own, lockedOut: lockedOut.current() };
      }
      return composed;
    },
    watch(onChange) {
      const cancels = [tls.watch(onChange), lockedOut.watch(onChange)];
      return () => {
        for (const cancel of cancels) cancel();
      };
    },
  };
}
