export { type TransportDeps, type TransportFactory } from "./deps.ts";
export {
  type Address,
  type NameResolver,
  type NameResolverDeps,
  startNameResolver,
} from "./net/name-resolver.ts";
export { type TcpOptions, tcp } from "./tcp/tcp.ts";
export * from "./transport.ts";
