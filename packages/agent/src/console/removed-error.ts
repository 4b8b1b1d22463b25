import { ConfedError } from "@confed/kernel";

/** What is said to whoever had to do with a console that is no more. */
export function removedError(name: string): ConfedError {
  return new ConfedError("not_found", `${name} was removed from the configuration`, { subject: name });
}
