import type { Mark } from "./mark.ts";

/** A mistake in the text itself. */
export interface TextFault {
  readonly at: number;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What a text says. */
export interface ParsedText {
  /** Undefined where the text is too broken to say anything. JSON Lines give a list. */
  readonly value: unknown;
  readonly faults: readonly TextFault[];
  /** Where everything stands; slow, so asked for only when there is a fault to show. */
  marks(): Promise<Mark>;
}
