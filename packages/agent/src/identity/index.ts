export { type EnrollDeps, type EnrollOptions, enroll } from "./enroll.ts";
export { identityDirectory, readIdentity } from "./identity-files.ts";
export { IdentityKeeper, type KeeperDeps } from "./identity-keeper.ts";
