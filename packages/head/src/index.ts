export { type HeadDeps, type HeadGuard, type HeadOptions, type RunningHead, startHead } from "./assemble.ts";
export { openStore, type StoreDeps } from "./store/process-store.ts";
export {
  type Change,
  type Entry,
  type OnChange,
  STORE_LIMITS,
  type Store,
  type StoredKind,
} from "./store/store.ts";
