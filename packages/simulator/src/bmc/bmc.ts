import type { CipherSuiteId } from "@confed/codecs";
import type { BmcFaults } from "./bmc-faults.ts";
import type { BmcSession, BmcUser } from "./bmc-session.ts";

/** What a BMC must know and do in order to answer. */
export interface Bmc {
  readonly faults: BmcFaults;
  readonly user: BmcUser;
  readonly suites: readonly CipherSuiteId[];
  readonly guid: Uint8Array;
  readonly port: number;
  /** By the BMC's own id; those that are half open included. */
  readonly sessions: Map<number, BmcSession>;
  /** The session that has SOL; 0 for none. */
  readonly owner: number;
  /** Give SOL to a session; false if one has it. */
  activate(session: BmcSession): boolean;
  /** SOL is nobody's; whose it was may be told. */
  endSol(how: { readonly notice: boolean }): void;
  closeSession(session: BmcSession): void;
  /** The session's slot is free again after a while, should nobody log in to it. */
  forgetHalfOpen(session: BmcSession): void;
}
