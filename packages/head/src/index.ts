export {
  type BehindHeadGateway,
  type HeadDeps,
  type HeadGateway,
  type HeadGuard,
  type HeadOptions,
  type RunningHead,
  startHead,
} from "./assemble.ts";
export { authorityDirectory, makeAuthorities, readAuthorities } from "./enrolment/authorities.ts";
export { DEFAULT_CLUSTER, type EnrolledHead } from "./enrolment/head-trust.ts";
export { localSocketOf } from "./enrolment/local-socket.ts";
export { openStore, type StoreDeps } from "./store/process-store.ts";
export {
  type Change,
  type Entry,
  type OnChange,
  type OnCommit,
  STORE_LIMITS,
  type Store,
  type StoredKind,
  type WrittenEntry,
} from "./store/store.ts";
