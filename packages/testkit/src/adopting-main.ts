import { silentLogger, systemClock } from "@confed/kernel";
import { type PortableLink, type TransportFactory, tcp, telnet, unix } from "@confed/transports";
import { type NumberedProgress, numberedBytes, takeNumbered } from "./numbered-bytes.ts";

// The program of a test: a process that goes on with the links of the one that started it.

/** Where a link leads. */
export type AdoptedTarget =
  | { readonly kind: "tcp" | "telnet"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** One link: where its descriptor is here, and what came over it so far. */
export interface AdoptedLink {
  readonly target: AdoptedTarget;
  readonly fd: number;
  readonly snapshot: unknown;
  readonly progress: NumberedProgress;
}

/** What the process is told. */
export type AdoptingRequest =
  /** Answered by "adopted". */
  | { readonly type: "adopt"; readonly links: readonly AdoptedLink[] }
  /** Read, and type what follows the `typed` bytes that were typed already. Answered by "went_on". */
  | { readonly type: "go_on"; readonly typed: number; readonly typeBytes: number; readonly readBytes: number }
  /** Answered by "finished" as soon as every link has come so far, or anything is wrong. */
  | { readonly type: "finish"; readonly ends: readonly Pick<NumberedProgress, "printed" | "typed">[] };

/** What it says. */
export type AdoptingAnswer =
  | { readonly type: "adopted" }
  /** Every link has brought `readBytes` more, or something is wrong. */
  | { readonly type: "went_on" }
  | { readonly type: "finished"; readonly links: readonly NumberedProgress[]; readonly closed: number };

const links: PortableLink[] = [];
const progress: NumberedProgress[] = [];
let closed = 0;
/** Looked at after every read: what is to be answered, and when. */
let awaited: { readonly when: () => boolean; readonly answer: () => AdoptingAnswer } | undefined;

process.on("message", (request: AdoptingRequest) => {
  switch (request.type) {
    case "adopt": {
      for (const link of request.links) adopt(link);
      say({ type: "adopted" });
      break;
    }
    case "go_on": {
      const before = progress.map(({ printed }) => printed);
      const wanted = (at: number) => (before[at] ?? 0) + request.readBytes;
      awaited = {
        when: () => wrong() || progress.every(({ printed }, at) => printed >= wanted(at)),
        answer: () => ({ type: "went_on" }),
      };
      for (const link of links) {
        link.write(numberedBytes("typed", request.typed, request.typeBytes));
        link.resume();
      }
      look();
      break;
    }
    case "finish": {
      const { ends } = request;
      awaited = {
        when: () =>
          wrong() ||
          progress.every(({ printed, typed }, at) => {
            const end = ends[at];
            return end !== undefined && printed >= end.printed && typed >= end.typed;
          }),
        answer: () => ({ type: "finished", links: progress, closed }),
      };
      look();
      break;
    }
  }
});

// Its parent is done with it, or gone.
process.on("disconnect", () => {
  process.exit(0);
});

function adopt({ target, fd, snapshot, progress: sofar }: AdoptedLink): void {
  const own = { ...sofar };
  const link = factoryOf(target)({
    clock: systemClock,
    logger: silentLogger,
    resolver: { resolve: () => Promise.reject(new Error("a link that is adopted resolves nothing")) },
  }).adopt?.({
    fd,
    snapshot,
    sink: {
      onData: (bytes) => {
        takeNumbered(own, bytes);
        look();
      },
      onClosed: () => {
        closed += 1;
        look();
      },
    },
  });
  if (link === undefined) throw new Error(`${target.kind} has no links that can be adopted`);
  links.push(link);
  progress.push(own);
}

function factoryOf(target: AdoptedTarget): TransportFactory {
  switch (target.kind) {
    case "tcp":
      return tcp(target);
    case "telnet":
      return telnet(target);
    case "unix":
      return unix(target);
  }
}

// Looked for in all links after every read: those of a test are few.
function wrong(): boolean {
  return closed > 0 || progress.some(({ fault }) => fault !== undefined);
}

function look(): void {
  if (awaited?.when() !== true) return;
  const { answer } = awaited;
  awaited = undefined;
  say(answer());
}

function say(answer: AdoptingAnswer): void {
  process.send?.(answer);
}
