import type { ChildProcess } from "node:child_process";
import type { Clock } from "@confed/kernel";

/** Poll interval while processes die; nothing reports the end of those that are not our children. */
const POLL_MS = 10;

/** A child that leads a process group of its own, and all that it started into that group. */
export class ProcessGroup {
  readonly #child: ChildProcess;
  readonly #pid: number;
  readonly #clock: Clock;

  constructor(child: ChildProcess, pid: number, clock: Clock) {
    this.#child = child;
    this.#pid = pid;
    this.#clock = clock;
  }

  /** Tell all of them. Those that are gone, or that are not ours to tell, are passed over. */
  signal(name: NodeJS.Signals): void {
    // The child makes the group itself, right after its start: until then it is only a child.
    if (!kill(-this.#pid, name) && this.#childRuns()) kill(this.#pid, name);
  }

  /** True when the child is reaped and its group empty; false when that took longer. */
  gone(timeoutMs: number): Promise<boolean> {
    return this.#reached(timeoutMs, () => !this.#childRuns() && !kill(-this.#pid, 0));
  }

  /**
   * True when the child is reaped; false when that took longer. The others of the group are not
   * waited for: where nobody reaps orphans (a container without an init) they stay as zombies.
   */
  reaped(timeoutMs: number): Promise<boolean> {
    return this.#reached(timeoutMs, () => !this.#childRuns());
  }

  /** Stop waiting for a child that nothing can end; the process may then exit before it. */
  abandon(): void {
    this.#child.unref();
  }

  async #reached(timeoutMs: number, reached: () => boolean): Promise<boolean> {
    const giveUpAtMs = this.#clock.nowMs() + timeoutMs;
    while (!reached()) {
      if (this.#clock.nowMs() >= giveUpAtMs) return false;
      await new Promise<void>((resolve) => {
        this.#clock.after(POLL_MS, resolve);
      });
    }
    return true;
  }

  #childRuns(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }
}

/** False if there is nobody to be told. */
function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (reason) {
    // EPERM: somebody is there who changed his user (sudo); the hang-up of the terminal reaches him.
    return (reason as NodeJS.ErrnoException).code === "EPERM";
  }
}
