import { hasWriter, shardDirectories, takeOverFromShards } from "@confed/agent/supervisor";
import { type Clock, ConfedError } from "@confed/kernel";
import { lockHolder, lockState, type StateLock } from "../process/state-lock.ts";

export interface TakeStateOptions {
  readonly pid: number;
  readonly clock: Clock;
}

/** A state directory that is ours. */
export interface TakenState extends StateLock {
  /** A log writer of an earlier shard hangs in the disk: the files that are there are left to it. */
  readonly leaveFiles: boolean;
}

/**
 * Take a state directory for a supervisor, or with `alone` for an agent of one process, which then
 * has what shards of earlier had. Waits until nothing of those runs any more: whose supervisor was
 * killed, they are still ending. Rejects with "conflict" naming whoever does not.
 */
export async function takeState(
  stateDir: string,
  { pid, clock, alone }: TakeStateOptions & { readonly alone: boolean },
): Promise<TakenState> {
  const lock = lockState(stateDir, pid);
  try {
    const atMostMs = clock.nowMs() + SHARDS_WAIT_MS;
    for (const directory of shardDirectories(stateDir)) {
      for (let holder = lockHolder(directory); holder !== undefined; holder = lockHolder(directory)) {
        if (clock.nowMs() > atMostMs) throw stillThere(directory, holder);
        await pause(clock);
      }
    }
    const directories = [stateDir, ...shardDirectories(stateDir)];
    const writersMs = clock.nowMs() + WRITERS_WAIT_MS;
    while (directories.some(hasWriter) && clock.nowMs() < writersMs) await pause(clock);
    const leaveFiles = directories.some(hasWriter);
    if (alone) takeOverFromShards(stateDir);
    return { ...lock, leaveFiles };
  } catch (reason) {
    lock.release();
    throw reason;
  }
}

/** An ending shard tells its viewers, and waits for its log writer; see there. */
const SHARDS_WAIT_MS = 20_000;

/** What a log writer that was told to end needs to write what it has; one that hangs takes longer. */
const WRITERS_WAIT_MS = 3_000;

const POLL_MS = 20;

// Linux tells nobody but the parent of the end of a process.
function pause(clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.after(POLL_MS, resolve);
  });
}

function stillThere(directory: string, pid: number): ConfedError {
  return new ConfedError("conflict", `${directory} is in use by process ${pid}, a shard that does not end`, {
    subject: directory,
    hint: `its supervisor is gone and it should have ended: kill ${pid}`,
  });
}
