import { ConfedError, silentLogger } from "@confed/kernel";
import { ByteLog, transportCompliance } from "@confed/testkit";
import type { NameResolver } from "../net/name-resolver.ts";
import { memory } from "./memory.ts";

const NO_RESOLVER: NameResolver = { resolve: () => Promise.reject(new Error("memory needs no resolver")) };

transportCompliance(
  "memory",
  (clock) => {
    const deps = { clock, logger: silentLogger, resolver: NO_RESOLVER };
    const { transport, farEnd } = memory();
    const received = new ByteLog();
    farEnd.onInput = (bytes) => {
      received.append(bytes);
    };
    const refusing = memory();
    refusing.farEnd.welcome = {
      how: "refuse",
      error: new ConfedError("auth_failed", "wrong password", { where: "memory" }),
    };
    const hanging = memory();
    hanging.farEnd.welcome = { how: "hang" };
    const done = Promise.resolve();
    return Promise.resolve({
      transport: transport(deps),
      received,
      refusing: { transport: refusing.transport(deps), code: "auth_failed", where: "memory" },
      hanging: hanging.transport(deps),
      feed: (bytes) => {
        farEnd.feed(bytes);
        return done;
      },
      hangUp: () => {
        farEnd.hangUp();
        return done;
      },
      breakOff: () => {
        farEnd.fail(new ConfedError("connection_reset", "broken to order"));
        return done;
      },
      stall: (stalled) => {
        farEnd.stall(stalled);
        return done;
      },
      idle: () => (farEnd.connected ? Promise.reject(new Error("a link is left")) : done),
      close: () => done,
    });
  },
  { canBreak: true, pausable: true, orderlyClose: true },
);
