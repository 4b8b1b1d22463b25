import type { AgentDefinition } from "./generated/confed/v1/Agent.ts";
import type { HeadDefinition } from "./generated/confed/v1/Head.ts";
import type { Call, PeerIdentity } from "./listen/peer-identity.ts";
import type { Duplex, Inlet, Outlet } from "./streams.ts";

/** "atOnce": unary, and answered from memory before its caller could give it up. */
type Kind = "atOnce" | "bidi" | "serverStream" | "unary";

/** The methods of each service and how they stream; held against the contract by a test. */
export const SERVICES = {
  Agent: {
    attach: "bidi",
    tail: "serverStream",
    readLog: "serverStream",
    list: "serverStream",
    inspect: "unary",
    control: "unary",
    status: "unary",
    upgrade: "unary",
  },
  Head: {
    join: "bidi",
    resolve: "atOnce",
    attach: "bidi",
    tail: "serverStream",
    readLog: "serverStream",
    list: "serverStream",
    watch: "serverStream",
    inspect: "unary",
    control: "unary",
    status: "unary",
    login: "unary",
    logout: "unary",
    whoAmI: "unary",
    administer: "unary",
    enroll: "unary",
    renew: "unary",
    enrolment: "unary",
    define: "unary",
    definitions: "serverStream",
    follow: "serverStream",
  },
} as const satisfies Record<string, Record<string, Kind>>;

export type ServiceName = keyof typeof SERVICES;

interface Definitions {
  Agent: AgentDefinition;
  Head: HeadDefinition;
}

// MethodDefinition<Request, Response, RequestReceived, ResponseReceived>, taken apart.
type Types<D> = D extends {
  requestSerialize: (value: infer Request) => Buffer;
  responseSerialize: (value: infer Response) => Buffer;
  requestDeserialize: (bytes: Buffer) => infer RequestReceived;
  responseDeserialize: (bytes: Buffer) => infer ResponseReceived;
}
  ? {
      request: Request;
      response: Response;
      requestReceived: RequestReceived;
      responseReceived: ResponseReceived;
    }
  : never;

type MethodTypes<S extends ServiceName, M extends string> =
  Capitalize<M> extends keyof Definitions[S] ? Types<Definitions[S][Capitalize<M>]> : never;

type Handler<K, T> = T extends { request: unknown; response: infer Out; requestReceived: infer In }
  ? K extends "bidi"
    ? (stream: Duplex<In, Out>, call: Call) => void
    : K extends "serverStream"
      ? (request: In, outlet: Outlet<Out>, call: Call) => void
      : K extends "atOnce"
        ? (request: In, call: Call) => Out
        : (request: In, signal: AbortSignal, call: Call, whenAnswered?: WhenAnswered) => Promise<Out>
  : never;

/**
 * Of a call over the wire; who calls a handler by itself has the answer with its promise. Calls back once, when the
 * peer has taken the whole answer and had the time to read it, or nobody waits for one any more.
 */
export type WhenAnswered = (told: () => void) => void;

/** What goes with every call. */
export interface Asking {
  readonly signal: AbortSignal;
  /** Whom it is made for, where that is not us: see {@link Call.behalf}. */
  readonly behalf?: PeerIdentity | undefined;
}

type Asked<K, T> = T extends { request: infer Out; responseReceived: infer In }
  ? K extends "bidi"
    ? (options: Asking) => Duplex<In, Out>
    : K extends "serverStream"
      ? (request: Out, options: Asking) => Inlet<In>
      : (request: Out, options: Asking) => Promise<In>
  : never;

/**
 * What a server implements. A handler that throws, or whose promise rejects, ends its call with
 * that error; an InvariantError is a bug and ends the process.
 */
export type Handlers<S extends ServiceName> = {
  readonly [M in keyof (typeof SERVICES)[S] & string]: Handler<(typeof SERVICES)[S][M], MethodTypes<S, M>>;
};

/** What a client calls. Unary calls carry their deadline from the table by themselves. */
export type Client<S extends ServiceName> = {
  readonly [M in keyof (typeof SERVICES)[S] & string]: Asked<(typeof SERVICES)[S][M], MethodTypes<S, M>>;
};
