import { ConfedError, EXIT, Scope } from "@confed/kernel";
import { lockState } from "../process/state-lock.ts";
import type { World } from "../world.ts";
import { startFederation } from "./start-federation.ts";
import { UpFamily } from "./up-family.ts";
import { makeDirectories } from "./up-files.ts";
import { planUp, type UpFlags } from "./up-plan.ts";
import { welcomeLines } from "./welcome.ts";

/**
 * Run a whole federation until a signal, and resolve with the exit status. Whatever ends it, no
 * process of it is left; a process of it that ends by itself ends it.
 */
export async function runUp(world: World, flags: UpFlags): Promise<number> {
  const plan = planUp(flags, world);
  const scope = new Scope();
  try {
    const lock = lockState(plan.dir, world.pid);
    scope.own(() => {
      lock.release();
    });
    makeDirectories(plan);
    const family = new UpFamily({
      self: world.self,
      clock: world.clock,
      logDir: `${plan.dir}/process`,
      say: (words) => world.stderr.write(`confed up: ${words}\n`),
    });
    scope.own(() => family.end());
    const interrupted = whenInterrupted(world, scope, () => {
      family.kill();
    });
    const startedMs = world.clock.nowMs();
    const running = startFederation(plan, family, { clock: world.clock, signal: scope.signal }).then(
      (federation) => {
        const tookMs = world.clock.nowMs() - startedMs;
        const lines = welcomeLines(federation, { plan, tookMs });
        world.stdout.write(lines.map((line) => `${line}\n`).join(""));
      },
    );
    const cause = await Promise.race([interrupted, family.failed, running.then(() => family.failed)]);
    if (cause === "interrupted") {
      world.stdout.write("\nconfed up: ending\n");
      return EXIT.ok;
    }
    // What it had to say stands above this line already.
    world.stderr.write(`confed up: ${cause.name} ended (${cause.how}); its log is ${cause.logPath}\n`);
    if (cause.name === "head" && cause.status === EXIT.conflict) {
      world.stderr.write("  hint: another port with --port; 0 takes any free one\n");
    }
    return cause.status;
  } finally {
    await scope.close(new ConfedError("canceled", "confed up ends"));
  }
}

/** Resolves at the first signal; the second one ends everything at once. */
function whenInterrupted(world: World, scope: Scope, kill: () => void): Promise<"interrupted"> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      scope.own(
        world.onSignal(signal, () => {
          if (asked) {
            kill();
            world.exitNow(EXIT.interrupted);
          }
          asked = true;
          resolve("interrupted");
        }),
      );
    }
  });
}
