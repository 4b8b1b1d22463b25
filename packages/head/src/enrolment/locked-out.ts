import type { Cancel } from "@confed/kernel";
import type { TlsMaterial, TlsProvider } from "@confed/wire";

/**
 * The material of a head that another one gave its certificate, and which knows whose certificates count no more: looked at
 * when machines change.
 */
export function withLockedOut(
  tls: TlsProvider,
  {
    lockedOut,
    onMachines,
  }: { readonly lockedOut: () => ReadonlySet<string>; readonly onMachines: (changed: () => void) => Cancel },
): TlsProvider {
  let of: TlsMaterial | undefined;
  let composed: TlsMaterial | undefined;
  // Before anybody who watches: they read it then.
  onMachines(() => {
    composed = undefined;
  });
  return {
    current() {
      const own = tls.current();
      if (own !== of || composed === undefined) {
        of = own;
        composed = { ...own, lockedOut: lockedOut() };
      }
      return composed;
    },
    watch(onChange) {
      const cancels = [tls.watch(onChange), onMachines(onChange)];
      return () => {
        for (const cancel of cancels) cancel();
      };
    },
  };
}
