export { type TransportDeps, type TransportFactory } from "./deps.ts";
export { type Address, type NameResolver } from "./net/name-resolver.ts";
export { tcp, type TcpOptions } from "./tcp/tcp.ts";
export * from "./transport.ts";
