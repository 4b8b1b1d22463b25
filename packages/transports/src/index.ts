export { type TransportDeps, type TransportFactory } from "./deps.ts";
export { exec } from "./exec/exec.ts";
export type { ExecOptions } from "./exec/exec-options.ts";
export { type StartedProgram, startProgram } from "./exec/start-program.ts";
export { type BmcDiagnosisOptions, type BmcFinding, type BmcStep, diagnoseBmc } from "./ipmi/diagnose-bmc.ts";
export { ipmi } from "./ipmi/ipmi.ts";
export type { IpmiOptions, IpmiQuirk } from "./ipmi/ipmi-options.ts";
export { ipmiDrops } from "./ipmi/ipmi-shared.ts";
export { MemoryFarEnd, type MemoryPair, type MemoryWelcome, memory } from "./memory/memory.ts";
export type { Address } from "./net/address.ts";
export { receiveDescriptor } from "./net/adopt-socket.ts";
export { type NameResolver, type NameResolverDeps, startNameResolver } from "./net/name-resolver.ts";
export { serial } from "./serial/serial.ts";
export type { SerialOptions } from "./serial/serial-options.ts";
export type { KnownHostsOptions } from "./ssh/host-key-check.ts";
export { judgeHostKey } from "./ssh/known-hosts.ts";
export { appendKnownHosts, loadKnownHosts } from "./ssh/known-hosts-file.ts";
export {
  type HostKeyTarget,
  type ScannedHostKey,
  type ScanOptions,
  scanHostKeys,
} from "./ssh/scan-host-keys.ts";
export { ssh } from "./ssh/ssh.ts";
export type { SecretSource, SshOptions } from "./ssh/ssh-options.ts";
export { type TcpOptions, tcp } from "./tcp/tcp.ts";
export { type TelnetOptions, telnet } from "./telnet/telnet.ts";
export * from "./transport.ts";
export { type UnixOptions, unix } from "./unix/unix.ts";
