import type { Socket } from "node:net";

/** Run once, by the socket's own timer: it keeps no process alive, and goes with the socket. */
export function afterOn(socket: Socket, delayMs: number, run: () => void): void {
  socket.setTimeout(delayMs, () => {
    socket.setTimeout(0);
    run();
  });
}
