import type { Socket } from "node:net";
import type { ChannelCredentials } from "@grpc/grpc-js";
import { WIRE_LIMITS } from "../limits.ts";
import { afterOn } from "./after-on.ts";

export interface BoundedConnections {
  readonly credentials: ChannelCredentials;
  /** The channel is closed: so is, soon, whatever it connected. */
  close(): void;
}

/**
 * The same credentials, for connections that have an end. grpc-js waits without one for the first word
 * in HTTP/2: with a server that accepts and stands still a channel stays "connecting" for good, and its
 * calls wait with it. And with TLS, Node 20 tells nobody of a connection that was reset just as its
 * session began, or was closed: it would be waited for, too, or keep its descriptor for good.
 */
export function boundedConnections(credentials: ChannelCredentials): BoundedConnections {
  const open = new Set<Socket>();
  const createConnector = credentials._createSecureConnector.bind(credentials);
  credentials._createSecureConnector = (...given) => {
    const connector = createConnector(...given);
    const connect = connector.connect.bind(connector);
    connector.connect = async (tcp) => {
      open.add(tcp);
      tcp.once("close", () => open.delete(tcp));
      let bytesHeard = () => 0;
      afterOn(tcp, WIRE_LIMITS.answerTimeoutMs, () => {
        if (bytesHeard() === 0) tcp.destroy(new Error(NO_ANSWER));
      });
      const connected = await connect(tcp);
      bytesHeard = () => connected.socket.bytesRead;
      return connected;
    };
    return connector;
  };
  return {
    credentials,
    close() {
      for (const tcp of open) afterOn(tcp, WIRE_LIMITS.farewellMs, () => tcp.destroy());
    },
  };
}

const NO_ANSWER = `it accepts connections and says nothing for ${WIRE_LIMITS.answerTimeoutMs / 1_000} s`;
