import { systemClock } from "@confed/kernel";
import { ByteLog, type SocketConsole } from "@confed/testkit";
import { onTestFinished } from "vitest";

/** Twenty lines a second: some in every gap that a fault could make. */
const LINE_INTERVAL_MS = 50;

/** Let a console print numbered lines until it is stopped, or the test is over; `printed` is all of them. */
export function printing(console: Pick<SocketConsole, "feed">) {
  const printed = new ByteLog();
  let stopped = false;
  const done = (async () => {
    for (let line = 1; !stopped; line += 1) {
      const bytes = Buffer.from(`line ${line}\r\n`);
      printed.append(bytes);
      await console.feed(bytes);
      await new Promise<void>((resolve) => systemClock.after(LINE_INTERVAL_MS, resolve));
    }
  })();
  const stop = () => {
    stopped = true;
    return done;
  };
  onTestFinished(stop);
  return { printed, stop };
}
