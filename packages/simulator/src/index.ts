export { type BmcFaults, NO_BMC_FAULTS } from "./bmc/bmc-faults.ts";
export type { BmcUser } from "./bmc/bmc-session.ts";
export { type BmcTrouble, parseBmcTrouble, troubleBmc } from "./bmc/bmc-trouble.ts";
export {
  FAKE_BMC_USER,
  FakeBmc,
  type FakeBmcDeps,
  type FakeBmcOptions,
  startFakeBmc,
} from "./bmc/fake-bmc.ts";
export type { ConsoleLink, LinkEvents } from "./console-link.ts";
export {
  BMC_PASSWORD_VARIABLE,
  type ConsoleTableEntry,
  consoleTable,
  consoleTableJsonLines,
} from "./console-table.ts";
export { DEMO_LOGIN } from "./demo-texts.ts";
export { type EnrolmentPlace, enrolmentAt } from "./fleet/enrol-agent.ts";
export { type AgentFleet, type FleetDeps, type FleetStats, startFleet } from "./fleet/fleet.ts";
export type { FleetOptions, FleetOptionsInput } from "./fleet/fleet-options.ts";
export { describeLateness, LATENESS_P99_MS_MAX, type LatenessReport } from "./lateness.ts";
export { type Damage, describeLogReport, type LogReport } from "./log-report.ts";
export {
  type LogExpectation,
  LogVerifier,
  type VerifyOptions,
  verifyLog,
  verifyLogFiles,
} from "./log-verifier.ts";
export { lineMaker, lineMarker, readLine } from "./numbered-line.ts";
export { fillPattern } from "./pattern.ts";
export { type Rack, type RackDeps, type RackPorts, type RackStats, startRack } from "./rack.ts";
export {
  completeRackOptions,
  RACK_MODES,
  type RackMode,
  type RackOptions,
  type RackOptionsInput,
  type RackSshOptions,
} from "./rack-options.ts";
export { type RackProcess, spawnRack } from "./rack-process.ts";
export type { LinkKind, SentEnd, SentRecord, SentReport } from "./sent-record.ts";
export type { SeqRange } from "./seq-ranges.ts";
export { makeSshKeyPair, type SshKeyPair } from "./ssh-key-pair.ts";
