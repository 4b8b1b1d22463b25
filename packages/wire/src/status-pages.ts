import { messageCodec } from "./contract-definitions.ts";
import type { ConsoleStatus } from "./generated/messages.ts";
import { WIRE_LIMITS } from "./limits.ts";

const codec = messageCodec("ConsoleStatus");
/** Tag and length of one status in a page. */
const FRAME_BYTES = 8;

/** Cut statuses into pages that encode to at most 64 KiB. */
export function* statusPages(statuses: Iterable<ConsoleStatus>): Generator<ConsoleStatus[], void> {
  let page: ConsoleStatus[] = [];
  let pageBytes = 0;
  for (const status of statuses) {
    const sizeBytes = codec.encode(status).byteLength + FRAME_BYTES;
    if (page.length > 0 && pageBytes + sizeBytes > WIRE_LIMITS.pageBytesMax) {
      yield page;
      page = [];
      pageBytes = 0;
    }
    page.push(status);
    pageBytes += sizeBytes;
  }
  if (page.length > 0) yield page;
}
