import { type Cancel, type Clock, type ConfedError, createBackoff, EXIT } from "@confed/kernel";
import picocolors from "picocolors";
import { type EndingSignal, EXIT_OF_SIGNAL } from "../interruption.ts";
import { outputFailure } from "../render/output-failure.ts";
import type { RoutePolicy } from "../route/route-policy.ts";
import type { Targets } from "../route/targets.ts";
import { RawTerminal } from "../terminal/raw-terminal.ts";
import { Screen } from "../terminal/screen.ts";
import { wantsColour } from "../terminal/wants-colour.ts";
import type { World } from "../world.ts";
import { AttachSession } from "./attach-session.ts";
import { helpLine } from "./banner.ts";
import type { EscapeSequence } from "./escape-sequence.ts";
import { KeyboardInput } from "./keyboard-input.ts";
import { PipedInput } from "./piped-input.ts";

/** What a person asked for when attaching. */
export interface AttachOptions {
  readonly console: string;
  readonly targets: Targets;
  readonly policy: RoutePolicy;
  readonly mode: "WRITE" | "VIEW";
  readonly force: boolean;
  readonly escape: EscapeSequence | undefined;
  /** Show what the console sends unfiltered. */
  readonly rawTerminal: boolean;
  /** How long to stay after the end of piped input. */
  readonly lingerMs: number;
}

/**
 * Re-attach: quickly at first, for most restarts are short; and within 5 s once the other side is back. Of these a
 * head may need 2 s to find that its last dial is lost, or that it came through after all.
 */
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 2_500;
/** Answers of the terminal to what a console asked of it may still be on their way to the shell. */
const LATE_ANSWERS_MS = 50;

/**
 * A stop that was asked for has come by then, or it never will: in a process group without a shell
 * above it (`tmux new-session "rcons n0001"`) the signal is thrown away. Two ticks, for after a stop
 * the first timer is run before the signal that ended it is heard of.
 */
const UNSTOPPED_TICKS = 2;
const TICK_MS = 50;

/**
 * How often to look whether the script around it was killed. Its shell has the terminal again then,
 * without a word to us: no signal comes, and we would go on printing over its prompt.
 */
const ORPHAN_LOOK_MS = 1_000;

/** How an attach ended. */
type Ending =
  | { readonly type: "quit" }
  /** The reader of standard output is gone: quietly. */
  | { readonly type: "broken_output" }
  | { readonly type: "signal"; readonly name: EndingSignal }
  | { readonly type: "failed"; readonly error: ConfedError };

/**
 * Attach to a console until the person quits, input ends, a signal comes or the session cannot go
 * on. Resolves with the exit code; rejects with what ended the session. Either way the terminal
 * is as it was.
 */
export async function runAttach(world: World, options: AttachOptions): Promise<number> {
  const { clock, stdout } = world;
  const { dim } = picocolors.createColors(wantsColour(stdout, world.env));
  const terminal = new RawTerminal(world);
  const screen = new Screen({
    stdout,
    stderr: world.stderr,
    dim,
    raw: options.rawTerminal,
    // With keys from a pipe, the answers would be typed to the shell.
    answers: () => session.canType && terminal.present,
  });
  const toRaw = () => {
    terminal.enter();
    screen.setRaw(terminal.present);
  };
  let cancelUnstopped: Cancel = () => undefined;
  let finish: (ending: Ending) => void = () => undefined;
  const ended = new Promise<Ending>((resolve) => {
    finish = resolve;
  });

  const session: AttachSession = new AttachSession({
    ...options,
    // Keys are spoken of to people who have some.
    escape: terminal.present ? options.escape : undefined,
    subject: world.subject(),
    clock,
    retryDelay: retryDelayOf(world.random),
    screen,
    window: () => windowOf(world),
    begun: () => {
      toRaw();
      input.start();
      if (options.escape !== undefined && terminal.present) screen.say(helpLine(options.escape));
    },
    changed: () => {
      if (session.attached && !session.canType) screen.endReports();
      input.changed();
    },
  });
  const parts = {
    ...options,
    world,
    session,
    screen,
    suspend: () => {
      terminal.leave();
      screen.setRaw(false);
      screen.resetModes();
      cancelUnstopped();
      cancelUnstopped = afterTicks(clock, UNSTOPPED_TICKS, () => {
        comeBack("[no shell to go back to]");
      });
      world.suspend();
    },
  };
  const failed = (error: ConfedError) => {
    finish({ type: "failed", error });
  };
  const input = terminal.present ? new KeyboardInput(parts) : new PipedInput({ ...parts, failed });
  session.done.then(() => {
    finish({ type: "quit" });
  }, failed);

  const release = listen(world, {
    finish,
    resized: () => {
      session.resize();
    },
    continued: () => {
      cancelUnstopped();
      if (session.begun) comeBack(`[${options.console} again]`);
    },
  });
  const stopLooking = terminal.present ? whenOrphaned(world, finish) : () => undefined;
  const ending = await ended;
  release();
  stopLooking();
  cancelUnstopped();
  input.stop();
  session.quit();
  screen.resetModes();
  if (session.begun && ending.type === "quit") screen.say("[disconnected]");
  // Whoever sends a signal does not wait for good manners.
  if (session.begun && terminal.present && ending.type !== "signal") await swallowKeys(world);
  terminal.leave();
  screen.setRaw(false);
  if (ending.type === "failed") {
    if (session.begun) screen.newLine();
    throw ending.error;
  }
  return ending.type === "signal" ? EXIT_OF_SIGNAL[ending.name] : EXIT.ok;

  /** After a stop; whoever had the terminal meanwhile left it as they like it, whatever we believe. */
  function comeBack(line: string): void {
    terminal.leave();
    toRaw();
    screen.setModes();
    screen.say(line);
    session.resize();
  }

  function windowOf({ stdout: { isTTY, columns, rows } }: World) {
    return isTTY === true && columns !== undefined && rows !== undefined ? { columns, rows } : undefined;
  }
}

interface Listeners {
  readonly finish: (ending: Ending) => void;
  readonly resized: () => void;
  readonly continued: () => void;
}

/** Hear of what happens outside. Returns how to stop. */
function listen(world: World, { finish, resized, continued }: Listeners): () => void {
  const { stdout } = world;
  const broken = (reason: NodeJS.ErrnoException) => {
    const error = outputFailure(reason);
    finish(error === undefined ? { type: "broken_output" } : { type: "failed", error });
  };
  const releases = [
    ...(["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const).map((name) =>
      world.onSignal(name, () => {
        finish({ type: "signal", name });
      }),
    ),
    world.onSignal("SIGCONT", continued),
    // Errors that come later are of a terminal that is gone, and stay without a listener's answer.
    () => stdout.off("resize", resized),
  ];
  stdout.on("resize", resized);
  stdout.on("error", broken);
  return () => {
    for (const release of releases) release();
  };
}

/** As if the terminal had hung up. */
function whenOrphaned(world: World, finish: (ending: Ending) => void): Cancel {
  let cancel: Cancel = () => undefined;
  const look = () => {
    if (world.orphaned()) finish({ type: "signal", name: "SIGHUP" });
    else cancel = world.clock.after(ORPHAN_LOOK_MS, look);
  };
  look();
  return () => {
    cancel();
  };
}

/** Run after so many turns of the process, however long one takes. */
function afterTicks(clock: Clock, ticks: number, run: () => void): Cancel {
  let cancel: Cancel = () => undefined;
  const arm = (leftTicks: number) => {
    cancel = clock.after(TICK_MS, () => {
      if (leftTicks > 1) arm(leftTicks - 1);
      else run();
    });
  };
  arm(ticks);
  return () => {
    cancel();
  };
}

/** Half of each delay is certain, so that a try never follows at once upon a failure. */
function retryDelayOf(random: () => number): (attempt: number) => number {
  return createBackoff({ firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS, random: () => 0.5 + random() / 2 });
}

/** Read and forget for a moment. */
function swallowKeys({ stdin, clock }: World): Promise<void> {
  return new Promise((resolve) => {
    const forget = () => undefined;
    stdin.on("data", forget);
    stdin.resume();
    clock.after(LATE_ANSWERS_MS, () => {
      stdin.off("data", forget);
      stdin.pause();
      resolve();
    });
  });
}
