import type { ConsoleSpec } from "./console-spec.ts";

/** As much of a console as says where it is logged. */
export type LoggedSpec = Pick<ConsoleSpec, "name" | "log">;

/** Whether a path can be that of a log: absolute, no way up, and a file. */
export function isLogPath(path: string): boolean {
  return /^\/[^\p{Cc}]*$/u.test(path) && !path.split("/").includes("..") && !path.endsWith("/");
}

/**
 * Sees that no two consoles are logged in one file: each would find the other's bytes in its log. Costs a
 * string for a console with a path of its own; those by the template cannot meet each other.
 */
export class LogPaths {
  readonly #before: string;
  readonly #behind: string;
  /** Paths of their own, to the console's name. */
  readonly #own = new Map<string, string>();
  /** Who is logged by the template. */
  readonly #byTemplate = new Set<string>();

  /** `template`: `logs.path`, with one `&`. */
  constructor(template: string) {
    const [before = "", behind = ""] = plain(template).split("&");
    this.#before = before;
    this.#behind = behind;
  }

  /** Whose log is in the file that this one's would be in; undefined: nobody's, it is this one's now. */
  claim({ name, log }: LoggedSpec): string | undefined {
    if (log === undefined) {
      const other = this.#own.size === 0 ? undefined : this.#own.get(`${this.#before}${name}${this.#behind}`);
      if (other === undefined) this.#byTemplate.add(name);
      return other;
    }
    const path = plain(log.path.replaceAll("&", () => name));
    const other = this.#own.get(path) ?? this.#ofTemplate(path);
    if (other === undefined) this.#own.set(path, name);
    return other;
  }

  #ofTemplate(path: string): string | undefined {
    if (!path.startsWith(this.#before) || !path.endsWith(this.#behind)) return undefined;
    const name = path.slice(this.#before.length, path.length - this.#behind.length);
    return this.#byTemplate.has(name) ? name : undefined;
  }
}

/** Two spellings of one path: `//` and `/./` are nothing. */
function plain(path: string): string {
  return path.replaceAll(/\/(?:\.?\/)+/g, "/");
}
