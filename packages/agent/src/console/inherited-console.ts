/** What a successor must know of a console beside its link and its log. Plain data. */
export interface InheritedConsole {
  readonly sinceWallMs: number;
  readonly window?: readonly [columns: number, rows: number] | undefined;
  readonly output: InheritedOutput;
}

/** A console that has no link though it should. Plain data. */
export interface InheritedOutage {
  readonly sinceWallMs: number;
  readonly attempt: number;
  /** Why the last attempt failed; without it, one is under way. */
  readonly cause?: { readonly code: string; readonly message: string };
}

/** What is shown of a console's output, and is in no file. */
export interface InheritedOutput {
  /** 0: none yet. */
  readonly lastWallMs: number;
  readonly gapBytes: number;
}
