import { ConfedError } from "@confed/kernel";
import { hash, verify } from "@node-rs/argon2";

/** As OWASP has it for argon2id: 19 MiB, two passes, one lane; some 30 ms of one core. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Bounds of passwords, with their reasons. */
export const PASSWORD_LIMITS = {
  /** NIST SP 800-63B: at least 8, no rules about what is in them. */
  lengthMin: 8,
  lengthMax: 256,
  /** Checked at a time: each takes 19 MiB and one of the pool's threads, which files and names need too. */
  atOnceMax: 2,
  /** Who waits beyond this is told to come back: at 60 a second it is a second's work. */
  waitingMax: 64,
} as const;

/** Make what is stored of a password. Throws "invalid_argument" for one that is too short or too long. */
export async function hashPassword(password: string): Promise<string> {
  const { lengthMin, lengthMax } = PASSWORD_LIMITS;
  if (password.length < lengthMin || password.length > lengthMax) {
    throw new ConfedError("invalid_argument", `a password has ${lengthMin} to ${lengthMax} characters`, {
      subject: "password",
    });
  }
  return hash(password, COST);
}

/** Checks passwords, few at a time, and takes as long for somebody who does not exist. */
export class PasswordCheck {
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #nobodys: Promise<string> | undefined;

  /** `stored` undefined: false, in the same time. Rejects with "resource_exhausted" when too many wait. */
  async matches(password: string, stored: string | undefined): Promise<boolean> {
    await this.#turn();
    try {
      this.#nobodys ??= hash("somebody that nobody is", COST);
      const against = stored ?? (await this.#nobodys);
      const same = await verify(against, password.slice(0, PASSWORD_LIMITS.lengthMax + 1));
      return same && stored !== undefined;
    } catch {
      return false; // A hash of another kind opens nothing.
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#running >= PASSWORD_LIMITS.atOnceMax) {
      if (this.#waiting.length >= PASSWORD_LIMITS.waitingMax) {
        throw new ConfedError("resource_exhausted", "too many people log in at once (waitingMax)", {
          hint: "try again in a few seconds",
        });
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
  }
}
