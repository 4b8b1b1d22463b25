import { ConfedError, neutralise } from "@confed/kernel";

/** One mistake in the configuration, with the place where an editor should open. */
export interface Fault {
  /** The path as it was given or included; for what is in no file, `CONFED_HEAD` or `--head`. */
  readonly file: string;
  /** From 1; 0 for what is in no file. */
  readonly line: number;
  /** From 1, in UTF-16 units; 0 for what is in no file. */
  readonly col: number;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** The console it concerns, as `console n0001`. */
  readonly subject?: string | undefined;
}

/** Everything, frozen; or every fault, by file in the order of reading, then by line. Never both. */
export type LoadResult<T> =
  | { readonly ok: T; readonly faults?: undefined }
  | {
      readonly ok?: undefined;
      readonly faults: readonly Fault[];
      /** What was read or looked for all the same: where it will be mended. */
      readonly files?: readonly string[] | undefined;
      readonly directories?: readonly string[] | undefined;
    };

/**
 * One line for a terminal: `file:line:col: subject: message (hint)`. Text from the file is
 * neutralised: no control or invisible character comes through.
 */
export function formatFault(fault: Fault): string {
  const subject = fault.subject === undefined ? "" : `${fault.subject}: `;
  const hint = fault.hint === undefined ? "" : ` (${fault.hint})`;
  return neutralise(`${whereOf(fault)}: ${subject}${fault.message}${hint}`);
}

/** The error to end with when a configuration has faults: the first one and how many more there are. */
export function faultsError(faults: readonly Fault[]): ConfedError {
  const [first] = faults;
  if (first === undefined) return new ConfedError("invalid_argument", "the configuration is not valid");
  const more = faults.length === 1 ? "" : ` (and ${faults.length - 1} more)`;
  return new ConfedError("invalid_argument", neutralise(`${first.message}${more}`), {
    subject: first.subject,
    where: neutralise(whereOf(first)),
    hint: first.hint === undefined ? undefined : neutralise(first.hint),
  });
}

function whereOf({ file, line, col }: Fault): string {
  return line === 0 ? file : `${file}:${line}:${col}`;
}
