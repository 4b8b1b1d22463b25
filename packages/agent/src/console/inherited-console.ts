/** What a successor must know of a console beside its link and its log. Plain data. */
export interface InheritedConsole {
  readonly sinceWallMs: number;
  readonly window?: readonly [columns: number, rows: number] | undefined;
  readonly output: InheritedOutput;
}

/** What is shown of a console's output, and is in no file. */
export interface InheritedOutput {
  /** 0: none yet. */
  readonly lastWallMs: number;
  readonly gapBytes: number;
}
