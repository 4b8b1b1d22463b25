import { join } from "node:path";
import { type Clock, ConfedError, EXIT } from "@confed/kernel";
import { startUpChild, type UpChild } from "./up-child.ts";

/** A process of the family that ended though nobody asked it to. */
export interface FailedChild {
  readonly name: string;
  /** For people. */
  readonly how: string;
  readonly logPath: string;
  /** What we should end with. */
  readonly status: number;
}

export interface UpFamilyOptions {
  /** The program and first arguments that run this command. */
  readonly self: readonly [string, ...string[]];
  readonly logDir: string;
  readonly clock: Clock;
  /** One line for people. */
  readonly say: (words: string) => void;
}

/** The processes of `confed up`: started one by one, ended in the reverse order. */
export class UpFamily {
  /** Resolves when the first of them ends by itself. */
  readonly failed: Promise<FailedChild>;
  readonly #options: UpFamilyOptions;
  readonly #children: UpChild[] = [];
  #fail: (child: FailedChild) => void = () => undefined;
  #ending: Promise<void> | undefined;
  readonly #owned: (() => Promise<void>)[] = [];

  constructor(options: UpFamilyOptions) {
    this.#options = options;
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
  }

  /** Start `confed <args>`. Throws "canceled" once the family ends. */
  start(name: string, args: readonly string[]): UpChild {
    if (this.#ending !== undefined) throw new ConfedError("canceled", "confed up ends");
    const { self, logDir, clock, say } = this.#options;
    const logPath = join(logDir, `${name}.log`);
    const onWords = (words: string) => {
      // That a head loses its agents in the end is no news; it stands in the logs.
      if (this.#ending === undefined) say(words);
    };
    const child = startUpChild({ name, command: [...self, ...args], logPath, clock, onWords });
    this.#children.push(child);
    void child.ended.then(({ status, how }) => {
      if (this.#ending !== undefined) return;
      // An orderly end that nobody asked for is a failure, too.
      this.#fail({ name, how, logPath, status: status === null || status === 0 ? EXIT.generic : status });
    });
    return child;
  }

  /** Release this when the family has ended. */
  own(release: () => Promise<void>): void {
    this.#owned.push(release);
  }

  /** Idempotent, never rejects. The newest first: agents before the head they report to. */
  end(): Promise<void> {
    this.#ending ??= (async () => {
      for (const child of [...this.#children].reverse()) {
        await child.end(() => {
          this.#options.say(`${child.name}: does not end; killed`);
        });
      }
      for (const release of this.#owned.splice(0)) {
        await release().catch((reason: unknown) => {
          this.#options.say(ConfedError.from(reason).message);
        });
      }
    })();
    return this.#ending;
  }

  /** At once, without asking. */
  kill(): void {
    for (const child of this.#children) child.kill();
  }
}
