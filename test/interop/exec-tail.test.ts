import { silentLogger, systemClock } from "@confed/kernel";
import { LinkRecorder } from "@confed/testkit";
import { exec, type TransportDeps } from "@confed/transports";
import { expect, it } from "vitest";

// The acceptance run; a quick one otherwise.
const CHILDREN = process.env.CONFED_FULL === "1" ? 10_000 : 200;
const AT_A_TIME = 8;
const OUTPUT_BYTES = 20 * 1024;

const deps: TransportDeps = {
  clock: systemClock,
  logger: silentLogger,
  resolver: { resolve: () => Promise.reject(new Error("no names here")) },
};

it(
  "exec loses nothing when programs exit right after printing",
  async () => {
    const transport = exec({ argv: ["head", "-c", String(OUTPUT_BYTES), "/dev/zero"] })(deps);
    const outputs = new Map<number, number>();
    let started = 0;
    const oneAfterTheOther = async () => {
      while (started < CHILDREN) {
        started += 1;
        const sink = new LinkRecorder();
        await transport.open({ signal: new AbortController().signal, sink });
        expect(await sink.closed).toEqual({ by: "remote" });
        outputs.set(sink.sizeBytes, (outputs.get(sink.sizeBytes) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, oneAfterTheOther));
    expect(outputs).toEqual(new Map([[OUTPUT_BYTES, CHILDREN]]));
  },
  CHILDREN * 100,
);
