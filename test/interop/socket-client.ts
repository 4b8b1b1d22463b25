import { connect } from "node:net";
import { onTestFinished } from "vitest";

/** A client of conserver's protocol on a bare socket, and what it has heard since `take`. */
export interface SocketClient {
  write(text: string): void;
  /** Resolves when the text has come; "<closed>" comes last. Rejects if the connection ends without it. */
  shows(text: string): Promise<void>;
  take(): string;
  close(): void;
}

/** Connected and greeted. */
export async function connected(port: number): Promise<SocketClient> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => {
    socket.destroy();
  });
  let heard = "";
  let waiting: (() => void)[] = [];
  const hear = (text: string) => {
    heard += text;
    for (const wake of waiting) wake();
    waiting = [];
  };
  socket.setEncoding("latin1").on("data", hear);
  socket.on("error", () => undefined);
  socket.on("close", () => {
    hear("<closed>");
  });
  const client: SocketClient = {
    close: () => {
      socket.destroy();
    },
    write: (text: string) => {
      socket.write(text, "latin1");
    },
    async shows(text: string) {
      while (!heard.includes(text)) {
        if (heard.includes("<closed>")) throw new Error(`heard only ${JSON.stringify(heard)}`);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    take() {
      const all = heard;
      heard = "";
      return all;
    },
  };
  await client.shows("ok\r\n");
  client.take();
  return client;
}

/** Attached, and shown the console. */
export async function attached(port: number, user: string, console: string): Promise<SocketClient> {
  const client = await connected(port);
  for (const [said, answer] of [
    [`login ${user}\n`, "ok\r\n"],
    [`call ${console}\n`, "]\r\n"],
    ["\x05c;", "[connected]\r\n"],
  ] as const) {
    client.write(said);
    await client.shows(answer);
    client.take();
  }
  return client;
}
