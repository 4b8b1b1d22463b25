/** What is wrong with a fake BMC. Plain and changeable: a change holds from the next packet on. */
export interface BmcFaults {
  /** Of the datagrams of either direction, so many get lost, twice, or behind the next one: 0 to 1. */
  lossRatio: number;
  duplicateRatio: number;
  reorderRatio: number;
  /** At most so many characters of a packet are taken. */
  acceptMax: number;
  /** Characters are taken by nobody: every packet gets a NACK, until this is undone. */
  suspended: boolean;
  /** Every packet is acknowledged with more than it had. */
  acceptsTooMuch: boolean;
  /** Breaks get no answer. */
  ignoresBreaks: boolean;
  /** Sizes and port, as said on activation. */
  inboundBytes: number;
  port: "own" | "swapped" | "default";
  /** Said instead of yes. */
  openStatus: number;
  rakp2Status: number;
  activateCode: number;
  /** So many answers to Activate get lost: SOL is active all the same. */
  losesActivateAnswers: number;
  /** Deactivating from another session does nothing. */
  keepsOwner: boolean;
  /** Get Payload Instance Info is unknown. */
  hasNoInstanceInfo: boolean;
  /** Sessions, those included that never got beyond their first message. */
  sessionsMax: number;
  /** It says that it speaks IPMI 1.5 only: as `authcap` is for. */
  deniesV20: boolean;
  /** The sums of answers in a session are wrong: as `nochecksumcheck` is for. */
  wrongSums: boolean;
  /** As `intel20` is for: user names have 16 bytes, NULs at their end, and RAKP 4 no proof where packets have none. */
  padsUsers: boolean;
  /** The proof of RAKP 2 has a byte too many: as `supermicro20` and `sun20` are for. */
  longCodes: boolean;
  /** RAKP 2 says that it has a byte more than it has: as `supermicro20` is for. */
  longLengths: boolean;
  /** Keys are made with the privilege of Open Session: as `opensesspriv` and `sun20` are for. */
  hashesOpenPrivilege: boolean;
  /**
   * As `i82571spt` is for: no answer to a user's name whose field is not whole, proofs without the bit by which it is
   * looked up, and SOL only with nothing but alerts that succeed.
   */
  passesThrough: boolean;
  /** No answer to anything. */
  silent: boolean;
}

/** A BMC with nothing wrong. */
export const NO_BMC_FAULTS: Readonly<BmcFaults> = {
  lossRatio: 0,
  duplicateRatio: 0,
  reorderRatio: 0,
  acceptMax: 255,
  suspended: false,
  acceptsTooMuch: false,
  ignoresBreaks: false,
  inboundBytes: 259,
  port: "own",
  openStatus: 0,
  rakp2Status: 0,
  activateCode: 0,
  losesActivateAnswers: 0,
  keepsOwner: false,
  hasNoInstanceInfo: false,
  sessionsMax: 8,
  deniesV20: false,
  wrongSums: false,
  padsUsers: false,
  longCodes: false,
  longLengths: false,
  hashesOpenPrivilege: false,
  passesThrough: false,
  silent: false,
};
