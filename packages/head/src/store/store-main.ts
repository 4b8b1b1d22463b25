/**
 * The store process: a child of a head, the only one that waits for the store's disk. Commands come as lines of JSON on
 * descriptor 3, replies go back there. It ends when that does, after what it was given.
 */
import { Socket } from "node:net";
import { ConfedError, JsonChannel } from "@confed/kernel";
import { SqliteFile } from "./sqlite-file.ts";
import type { StoreCommand, StoreReply } from "./store-messages.ts";

// The head decides when we stop: a terminal's Ctrl-C reaches the whole process group.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

let file: SqliteFile | undefined;
let waiting: Extract<StoreCommand, { readonly do: "commit" }>[] = [];

const channel = new JsonChannel<StoreReply, StoreCommand>(new Socket({ fd: 3 }), {
  onMessage(command) {
    if (command.do === "open") {
      open(command.path);
      return;
    }
    // What came in one read is one wait for the disk.
    if (waiting.length === 0) setImmediate(commit);
    waiting.push(command);
  },
  onEnd() {
    commit();
    file?.close();
    process.exit(0);
  },
});

function open(path: string): void {
  try {
    file = new SqliteFile(path);
    for (const page of file.pages()) channel.send(page);
  } catch (reason) {
    const { rawMessage, hint } = ConfedError.from(reason);
    channel.send({ is: "unusable", why: hint === undefined ? rawMessage : `${rawMessage}: ${hint}` });
  }
}

function commit(): void {
  const commands = waiting;
  waiting = [];
  if (file === undefined || commands.length === 0) return;
  const outcomes = file.commit(commands.map(({ changes }) => changes));
  commands.forEach(({ id }, at) => {
    const outcome = outcomes[at];
    if (outcome !== undefined) channel.send({ ...outcome, id });
  });
}
