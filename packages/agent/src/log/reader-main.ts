/**
 * The log reader: a child process of an agent. It reads logs and indexes on request, so that a disk
 * that hangs keeps waiting who asked, and nobody else. Ends when stdin does.
 */
import { readFileSync, statSync } from "node:fs";
import { decodeIndex, type LogMap, logMapOf, offsetSince } from "@confed/codecs";
import { ConfedError } from "@confed/kernel";
import { LRUCache } from "lru-cache";
import { FRAME, FrameReader, frameHeader } from "./frames.ts";
import { lastLinesStart } from "./last-lines.ts";
import { indexPathOf } from "./log-path.ts";
import { readRange } from "./read-range.ts";
import type { ReaderReply, ReaderRequest } from "./reader-messages.ts";

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

const stateDir = process.argv[2] ?? "";
// A page of history is usually followed by the next of the same console.
const maps = new LRUCache<string, { readonly version: string; readonly map: LogMap }>({ max: 16 });

const reader = new FrameReader((_kind, payload) => {
  const request = JSON.parse(Buffer.from(payload).toString()) as ReaderRequest;
  try {
    answer(request);
  } catch (reason) {
    const { code, rawMessage } = ConfedError.from(reason, "unavailable");
    send({ id: request.id, tell: "failed", code, message: rawMessage });
  }
});
process.stdin.on("data", (bytes: Buffer) => {
  reader.feed(bytes);
});
process.stdout.on("error", () => undefined);

function answer(request: ReaderRequest): void {
  const { id } = request;
  const map = mapOf(request.name);
  switch (request.ask) {
    case "read": {
      const { pieces, chunks, next } = readRange(map, request);
      send({ id, tell: "read", pieces, next }, chunks);
      return;
    }
    case "since":
      send({ id, tell: "found", offset: offsetSince(map, request.sinceMs) });
      return;
    case "lines":
      send({ id, tell: "found", offset: lastLinesStart(map, { ...request, bytesMax: LINES_BYTES_MAX }) });
  }
}

const LINES_BYTES_MAX = 64 * 1024 * 1024;

function mapOf(name: string): LogMap {
  const path = indexPathOf(stateDir, name);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return logMapOf([]);
  const version = `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
  const known = maps.get(name);
  if (known?.version === version) return known.map;
  const map = logMapOf(decodeIndex(readFileSync(path, "utf8")).records);
  maps.set(name, { version, map });
  return map;
}

function send(reply: ReaderReply, chunks: readonly Uint8Array[] = []): void {
  const json = Buffer.from(JSON.stringify(reply));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.byteLength);
  const payload = Buffer.concat([length, json, ...chunks]);
  process.stdout.write(frameHeader(FRAME.bytes, payload.byteLength));
  process.stdout.write(payload);
}
