import { ConfedError } from "@confed/kernel";
import type {
  Call,
  ConsoleStatus,
  Encoded,
  Handlers,
  ListRequestReceived,
  ListResponse,
  Outlet,
  Ticket,
} from "@confed/wire";

/** What an agent and a head offer alike. */
export type ConsoleServices = Pick<Handlers<"Agent">, "attach" | "list" | "readLog" | "control">;

/** The agent or the head whose consoles a gateway shows. */
export interface BehindGateway {
  readonly services: ConsoleServices;
  /** How a console is and who has it; undefined for what is not there, or not for this caller. Names are compared whole. */
  find(console: string, call: Call): Promise<ConsoleStatus | undefined>;
  /** What the agent wants to see that lets a caller in, and who is to prove that it is his; without it, nothing. */
  readonly ticketFor?: ((console: string, call: Call) => Promise<AttachTicket | undefined>) | undefined;
  /** `port@host` of the gateway of an agent; undefined where it has none, or it cannot be said. */
  readonly gatewayOf?: ((owner: string) => string | undefined) | undefined;
}

/** A ticket, and how to show that it was given to us. */
export interface AttachTicket {
  readonly ticket: Ticket;
  prove(challenge: { readonly id: string; readonly agent: string; readonly nonce: Uint8Array }): Uint8Array;
}

/** The status of every console that a request means, in the order of the service. Rejects as that ends. */
export function listAll(
  services: ConsoleServices,
  request: ListRequestReceived,
  call: Call,
): Promise<readonly ConsoleStatus[]> {
  return gather<ListResponse>((outlet) => {
    services.list(request, outlet, call);
  }).then((pages) => pages.flatMap(({ consoles }) => consoles ?? []));
}

/** Everything that a service streams, kept: for what is bounded. Rejects with the error that it ends with. */
export function gather<M extends object>(serve: (outlet: Outlet<M>) => void): Promise<readonly M[]> {
  return new Promise((resolve, reject) => {
    const messages: M[] = [];
    const over = new AbortController();
    serve({
      send: (message) => {
        // Streams of lists and logs are encoded for nobody else.
        messages.push(message as Exclude<typeof message, Encoded>);
      },
      backlogBytes: 0,
      takenBytes: 0,
      discard: () => 0,
      drained: () => Promise.resolve(),
      end: (error) => {
        if (over.signal.aborted) return;
        over.abort(error ?? new ConfedError("canceled", "the stream ended"));
        if (error === undefined) resolve(messages);
        else reject(error);
      },
      signal: over.signal,
    });
  });
}
