/**
 * The audit writer: a child process of an agent or a head. The first line of its standard input says
 * what it is to do, the others are events; answers go to standard output. It ends when standard input
 * does, after everything that was given to it has been written.
 */
import { createInterface } from "node:readline";
import { formatForwardTarget } from "@confed/config";
import { ConfedError, systemClock } from "@confed/kernel";
import { keyIdOf } from "@confed/trust/audit";
import { lockState } from "../../process/state-lock.ts";
import type { WriterReply, WriterStart } from "../audit-messages.ts";
import { auditKey } from "./audit-key.ts";
import { AuditWriter } from "./audit-writer.ts";
import { ChainFile } from "./chain-file.ts";
import { forwardPosition } from "./forward-position.ts";
import { Forwarder } from "./forwarder.ts";
import { publishKey } from "./publish-key.ts";
import { connectReceiver } from "./receiver-link.ts";
import { recordFeed } from "./record-feed.ts";

// The process that we write for decides when we stop: a terminal's Ctrl-C reaches the whole group.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
// It is gone: nobody reads answers, what was given is still written.
process.stdout.on("error", () => undefined);

const reply = (message: WriterReply) => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};

/** What came before there was a writer; as bounded as the queue of whoever gives it. */
const early: (readonly [number: number, fields: string])[] = [];
let give = (number: number, fields: string): void => {
  early.push([number, fields]);
};
let end: () => void = () => {
  ended = true;
};
let started = false;
let ended = false;

createInterface({ input: process.stdin })
  .on("line", (line) => {
    if (!started) {
      started = true;
      start(JSON.parse(line) as WriterStart);
      return;
    }
    const space = line.indexOf(" ");
    give(Number(line.slice(0, space)), line.slice(space + 1));
  })
  .on("close", () => {
    end();
  });

/** Between looks whether the one before us has ended. */
const POLL_MS = 50;
/** Ending in order takes it less; said once, and waited on: a chain has one writer. */
const PREDECESSOR_MS_MAX = 20_000;

function start(options: WriterStart): void {
  const { directory } = options;
  const begunMs = systemClock.nowMs();
  let said = "";
  const take = () => {
    try {
      const lock = lockState(directory, process.pid);
      begin(options, () => {
        lock.release();
      });
    } catch (reason) {
      const error = ConfedError.from(reason, "unavailable");
      const waiting = error.code === "conflict" && systemClock.nowMs() - begunMs < PREDECESSOR_MS_MAX;
      if (!waiting && error.message !== said) reply({ say: "trouble", text: (said = error.message) });
      systemClock.after(error.code === "conflict" ? POLL_MS : RETRY_MS, take);
    }
  };
  take();
}

const RETRY_MS = 1_000;

function begin(options: WriterStart, release: () => void): void {
  const { directory, keyPath, host, process: name, forward } = options;
  const wallTimeMs = () => systemClock.wallTimeMs();
  const chain = new ChainFile(directory, { wallTimeMs, begun: { host, process: name } });
  let key: ReturnType<typeof auditKey> | undefined;
  const ownKey = () => {
    key ??= auditKey(keyPath);
    publishKey(directory, key.publicKey, keyIdOf(key.publicKey));
    return key.privateKey;
  };
  const forwarders: Forwarder[] = [];
  const writer = new AuditWriter(options, {
    clock: systemClock,
    chain,
    key: ownKey,
    reply,
    onWritten: () => {
      for (const forwarder of forwarders) forwarder.wake();
    },
  });
  for (const target of forward) {
    const forwarder = new Forwarder(target, {
      clock: systemClock,
      feed: (after) => recordFeed(directory, after),
      position: forwardPosition(directory, formatForwardTarget(target)),
      connect: connectReceiver,
      host,
      process: name,
      note: (level, text) => {
        reply({ say: "note", level, text });
      },
      onGap: (from, to) => {
        writer.tell({
          event: "audit.forward-gap",
          text: formatForwardTarget(target),
          details: { from, to },
        });
      },
    });
    forwarders.push(forwarder);
  }
  give = (number, fields) => {
    writer.give(number, fields);
  };
  end = () => {
    writer.end();
    for (const forwarder of forwarders) forwarder.end();
    release();
  };
  for (const [number, fields] of early.splice(0)) give(number, fields);
  writer.begin();
  for (const forwarder of forwarders) forwarder.wake();
  if (ended) end();
}
