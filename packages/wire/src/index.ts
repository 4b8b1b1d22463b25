export { type Channel, openChannel } from "./channel.ts";
export { Encoded, messageCodec } from "./contract-definitions.ts";
export { UNARY_DEADLINE_MS, type UnaryMethod } from "./deadlines.ts";
export { fromDetail, toDetail } from "./error-detail.ts";
export * from "./generated/messages.ts";
export { WIRE_LIMITS } from "./limits.ts";
export { type RunningServer, type ServerOptions, startServer } from "./server.ts";
export { type Client, type Handlers, SERVICES, type ServiceName } from "./services.ts";
export type { Duplex, Inlet, Outlet } from "./streams.ts";
