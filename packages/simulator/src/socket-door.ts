import type { Socket } from "node:net";
import { TelnetSession } from "@confed/codecs";
import type { ConsoleLink, LinkEvents } from "./console-link.ts";
import type { LinkKind } from "./sent-record.ts";
import type { SimConsole } from "./sim-console.ts";

/** Give a socket to a console as it is: every byte is the console's. Owns the socket. */
export function openTcpDoor(socket: Socket, console: SimConsole): void {
  const events = console.attach(socketLink(socket, "tcp", (bytes) => bytes));
  socket.on("data", (bytes: Buffer) => {
    events.input(bytes);
  });
  follow(socket, events);
}

/** Give a socket to a console behind the server's side of telnet. Owns the socket. */
export function openTelnetDoor(socket: Socket, console: SimConsole): void {
  const telnet = new TelnetSession({ role: "server", comPort: {} });
  socket.write(telnet.start());
  const events = console.attach(socketLink(socket, "telnet", (bytes) => telnet.encode(bytes)));
  const outlet = {
    data: (bytes: Uint8Array) => {
      events.input(bytes);
    },
    reply: (bytes: Uint8Array) => {
      if (socket.writable) socket.write(bytes);
    },
    event: ({ type }: { readonly type: string }) => {
      if (type === "break") events.breakReceived();
      else if (type === "fault") socket.destroy();
    },
  };
  socket.on("data", (bytes: Buffer) => {
    telnet.feed(bytes, outlet);
  });
  follow(socket, events);
}

function follow(socket: Socket, events: LinkEvents): void {
  socket.on("drain", () => {
    events.drained();
  });
  socket.on("end", () => {
    events.inputEnded();
  });
  socket.on("error", () => undefined); // `close` says that there was one.
  socket.on("close", (failed) => {
    events.closed(failed);
  });
}

function socketLink(socket: Socket, kind: LinkKind, encode: (bytes: Uint8Array) => Uint8Array): ConsoleLink {
  return {
    kind,
    write: (bytes) => {
      if (socket.writable) socket.write(encode(bytes));
    },
    pendingBytes: () => socket.writableLength,
    pauseInput: () => {
      socket.pause();
    },
    resumeInput: () => {
      socket.resume();
    },
    hangUp: () => {
      socket.end();
    },
    reset: () => {
      socket.resetAndDestroy();
    },
  };
}
