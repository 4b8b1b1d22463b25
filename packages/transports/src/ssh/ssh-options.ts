import type { Secret } from "@confed/kernel";
import type { KnownHostsOptions } from "./host-key-check.ts";

/** Reads a secret anew, so that a rotated file is picked up at the next login. */
export type SecretSource = () => Promise<Secret>;

/** A console behind an SSH server: a BMC, a terminal server, a host. */
export interface SshOptions {
  readonly host: string;
  readonly port?: number | undefined;
  readonly user: string;
  /** For password and keyboard-interactive. */
  readonly password?: SecretSource | undefined;
  /** An OpenSSH, PEM or PuTTY private key. */
  readonly privateKey?: SecretSource | undefined;
  readonly passphrase?: SecretSource | undefined;
  /** Path of an ssh-agent's socket. */
  readonly agentSocket?: string | undefined;
  readonly knownHosts: KnownHostsOptions;
  /** Also SHA-1, CBC, 3DES, DSA: for devices that have nothing better. */
  readonly legacyAlgorithms?: boolean | undefined;
  /** Run this under a pty instead of a login shell. */
  readonly command?: string | undefined;
  /** Start this subsystem, without a pty. */
  readonly subsystem?: string | undefined;
  readonly terminalType?: string | undefined;
  readonly keepaliveMs?: number | undefined;
  readonly connectTimeoutMs?: number | undefined;
}
