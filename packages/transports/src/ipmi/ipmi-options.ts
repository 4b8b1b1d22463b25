import type { CipherSuiteId, PrivilegeName } from "@confed/codecs";
import type { Secret } from "@confed/kernel";

/** A console behind a BMC: IPMI 2.0 Serial over LAN. */
export interface IpmiOptions {
  /** The BMC's name or numeric address. */
  readonly host: string;
  readonly port?: number | undefined;
  /** At most 16 bytes. */
  readonly user: string;
  /** Read anew for every log-in. At most 20 bytes. */
  readonly password: () => Promise<Secret>;
  /** The BMC's own key, where one is set. At most 20 bytes. */
  readonly bmcKey?: (() => Promise<Secret>) | undefined;
  /** Without it the highest that the BMC grants is taken. */
  readonly privilege?: PrivilegeName | undefined;
  /** Without it 17, then 3; what worked is tried first the next time. */
  readonly suite?: CipherSuiteId | undefined;
  /** Under FreeIPMI's names, one under ipmitool's. */
  readonly quirks?: readonly IpmiQuirk[] | undefined;
  readonly connectTimeoutMs?: number | undefined;
}

/**
 * The workarounds that change what we do. FreeIPMI has more names: what `opensesspriv`,
 * `solpayloadsize`, `solport`, `solstatus`, `solchannelsupport`, `serialalertsdeferred`,
 * `integritycheckvalue`, `supermicro20` and `sun20` ask for is done for every BMC.
 */
export type IpmiQuirk =
  /** The BMC says that it has no IPMI 2.0, and has. */
  | "authcap"
  /** Its sums are wrong; the integrity code is checked all the same. */
  | "nochecksumcheck"
  /**
   * User names are 16 bytes there, the rest of them NUL; and suites whose packets have no integrity code have
   * none in RAKP 4 either.
   */
  | "intel20"
  /** It is stuck until the packet number advances; a few characters may come twice. */
  | "solpacketseq"
  /**
   * The BMC is a network card (Intel 82571) that passes the rest through; ipmitool's name. It wants the whole field of
   * the user's name, forgets in its proofs how the name was looked up, and activates SOL in one way only.
   */
  | "i82571spt";

export const IPMI_PORT = 623;
/** IPMI 2.0, 13.31 and 22.30: longer ones cannot be sent; cut short they would be others. */
export const IPMI_CREDENTIAL_LIMITS = { userBytesMax: 16, passwordBytesMax: 20, bmcKeyBytesMax: 20 } as const;
