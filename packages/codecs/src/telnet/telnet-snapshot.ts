import type { OptionTableSnapshot } from "./option-table.ts";
import type { TelnetDecoderSnapshot } from "./telnet-decoder.ts";

/**
 * Where a session stands between two reads: all that a process which goes on with its connection
 * must know, beside the options. Plain data: it crosses to that process as JSON. Whoever changes it
 * raises the format of what carries it: that process may be of another version.
 */
export interface TelnetSessionSnapshot {
  readonly decoder: TelnetDecoderSnapshot;
  readonly options: OptionTableSnapshot;
  readonly comPortNow: readonly (readonly [command: number, value: number])[];
  readonly comPortAsked: boolean;
  readonly terminalTypeAnswers: number;
  readonly window?: { readonly columns: number; readonly rows: number } | undefined;
  readonly windowOffered: boolean;
  readonly failed: boolean;
}
