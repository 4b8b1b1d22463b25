import { lookup } from "node:dns";
import type { LookupAnswer, LookupRequest } from "./resolver-child.ts";

// The program of the resolver child: getaddrinfo for one question after the other, no state.

process.on("message", ({ id, host }: LookupRequest) => {
  // `verbatim`: getaddrinfo has sorted them by RFC 6724 and /etc/gai.conf.
  lookup(host, { all: true, verbatim: true }, (error, found) => {
    const answer: LookupAnswer =
      error === null
        ? { id, addresses: found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })) }
        : { id, failure: error.code ?? error.message };
    process.send?.(answer);
  });
});

process.on("disconnect", () => {
  // Our parent is gone. An orderly exit would first wait for pool threads that hang in getaddrinfo.
  process.kill(process.pid, "SIGKILL");
});

// What reaches the process group of a terminal (Ctrl-C) is for the parent to act on.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
