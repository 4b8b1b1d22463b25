import type { Call, Handlers } from "@confed/wire";

/**
 * The services of one shard as the others of its host ask for them, on its inner address: for whom they say they ask is
 * believed from the same machine, and from nobody else.
 */
export function servicesOfHost(own: Handlers<"Agent">, machine: string): Handlers<"Agent"> {
  const real = (call: Call): Call => {
    const { peer, behalf } = call;
    const isOurs = peer.class === "machine" && peer.kind === "agent" && peer.id === machine;
    if (!isOurs || behalf === undefined) return call;
    return {
      peer: behalf,
      vouch() {
        call.vouch();
      },
      blame() {
        call.blame();
      },
    };
  };
  return {
    attach: (stream, call) => {
      own.attach(stream, real(call));
    },
    tail: (request, outlet, call) => {
      own.tail(request, outlet, real(call));
    },
    readLog: (request, outlet, call) => {
      own.readLog(request, outlet, real(call));
    },
    list: (request, outlet, call) => {
      own.list(request, outlet, real(call));
    },
    inspect: (request, signal, call) => own.inspect(request, signal, real(call)),
    control: (request, signal, call) => own.control(request, signal, real(call)),
    upgrade: (request, signal, call, whenAnswered) => own.upgrade(request, signal, real(call), whenAnswered),
    status: (request, signal, call) => own.status(request, signal, real(call)),
  };
}
