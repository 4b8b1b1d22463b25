/**
 * The log reader: a child process of an agent. It reads logs and indexes on request, so that a disk
 * that hangs keeps waiting who asked, and nobody else. Ends when stdin does.
 */
import { offsetSince } from "@confed/codecs";
import { ConfedError } from "@confed/kernel";
import { FRAME, FrameReader, frameHeader } from "../frames.ts";
import { lastLinesStart } from "./last-lines.ts";
import { LogMaps } from "./log-maps.ts";
import { readRange } from "./read-range.ts";
import type { ReaderReply, ReaderRequest } from "./reader-messages.ts";

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

const stateDir = process.argv[2] ?? "";
const maps = new LogMaps(stateDir);

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
  switch (request.ask) {
    case "read": {
      const map = maps.get(request);
      const { pieces, chunks, next } = readRange(map, request);
      send({ id, tell: "read", pieces, next }, chunks);
      return;
    }
    case "since":
      send({ id, tell: "found", offset: offsetSince(maps.get(request), request.sinceMs) });
      return;
    case "lines":
      send({
        id,
        tell: "found",
        offset: lastLinesStart(maps.get(request), { ...request, bytesMax: LINES_BYTES_MAX }),
      });
  }
}

/** How far back lines are looked for: a console that prints no line ends would be read from its beginning. */
const LINES_BYTES_MAX = 64 * 1024 * 1024;

function send(reply: ReaderReply, chunks: readonly Uint8Array[] = []): void {
  const json = Buffer.from(JSON.stringify(reply));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.byteLength);
  const payload = Buffer.concat([length, json, ...chunks]);
  process.stdout.write(frameHeader(FRAME.bytes, payload.byteLength));
  process.stdout.write(payload);
}
