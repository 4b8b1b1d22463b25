export type { AdoptedLink, AdoptedTarget, AdoptingAnswer, AdoptingRequest } from "./adopting-main.ts";
export { attachAndVanish } from "./attach-and-vanish.ts";
export { Attached } from "./attached.ts";
export { type AuditedRecord, audited, auditLines, auditRecords } from "./audit-log.ts";
export { type BmcConsole, startBmcConsole } from "./bmc-console.ts";
export { expectByteClean, type FarEnd, THOUSANDFOLD } from "./byte-cleanness.ts";
export { ByteLog } from "./byte-log.ts";
export { callBy, NOBODYS_CALL } from "./call-by.ts";
export {
  ConfedRig,
  type RigAgent,
  type RigAgentOptions,
  type RigConsole,
  type RigDevice,
  type RigHead,
} from "./confed-rig.ts";
export { ConfedRun, type ConfedRunOptions, runConfed } from "./confed-run.ts";
export {
  type ConserverAnswers,
  type ConserverExchange,
  type ConserverPeer,
  playConserver,
  startConserverPeer,
} from "./conserver-peer.ts";
export {
  attachExchanges,
  CONSERVER_SCRIPTS,
  CONSERVER_SCRIPTS_CONFIG,
  escapeExchanges,
} from "./conserver-scripts.ts";
export { CountingDevice } from "./counting-device.ts";
export { type CrashImage, CrashImages } from "./crash-image.ts";
export { type DiskShim, diskShim } from "./disk-shim.ts";
export { EchoConsoles } from "./echo-consoles.ts";
export { echoTimes, percentile } from "./echo-times.ts";
export {
  type FakeAgent,
  type FakeHead,
  type FakeServer,
  startFakeAgent,
  startFakeHead,
} from "./fake-agent.ts";
export { FakeClock } from "./fake-clock.ts";
export { FakeConsole, type FakeSession } from "./fake-console.ts";
export { type FakeFederation, fakeFederation } from "./fake-federation.ts";
export { FakeStream } from "./fake-stream.ts";
export { FakeWorld, type FakeWorldOptions } from "./fake-world.ts";
export { followRealTime } from "./follow-real-time.ts";
export { freePort } from "./free-ports.ts";
export { GuardedServer, startGuardedServer } from "./guarded-server.ts";
export type { GuardedFigures } from "./guarded-server-main.ts";
export { HeadRig, Inbox, type PlayedAgent, type PlayedJoin } from "./head-rig.ts";
export { HOSTILE_SEQUENCES, type HostileSequence } from "./hostile-sequences.ts";
export {
  bothWays,
  hastyClock,
  ipmiTo,
  LIFE_SIGN_DUE_MS,
  type OpenedIpmi,
  openIpmi,
  startTestBmc,
  TWICE,
  untilTrue,
} from "./ipmi-bench.ts";
export { type CapturedDatagram, IPMI_CAPTURES, type IpmiCapture, readIpmiCapture } from "./ipmi-captures.ts";
export {
  IPMI_SIM_USER,
  type IpmiSim,
  type IpmiSimOptions,
  type SimulatedBmc,
  startIpmiSim,
} from "./ipmi-sim.ts";
export { LinkRecorder } from "./link-recorder.ts";
export { memoryFolder } from "./memory-folder.ts";
export { MemoryStore } from "./memory-store.ts";
export { skippedWithoutNetwork } from "./network/network-support.ts";
export { type Heal, type NetworkHost, TestNetwork } from "./network/test-network.ts";
export { type NumberedProgress, numberedBytes, takeNumbered } from "./numbered-bytes.ts";
export { pamService, skippedWithoutPam } from "./pam-service.ts";
export { endPeer, isInstalled, skippedWithout, startPeer } from "./peer-program.ts";
export { descendantsOf, type ProcessId, processAt, residentBytesOf, untilGone } from "./process-tree.ts";
export { ALL_BYTES, randomBytes, randomNumbers } from "./random-bytes.ts";
export {
  connectRawHttp2,
  FLAG,
  FRAME,
  frame,
  grpcHeaders,
  grpcMessage,
  headerField,
  PREFACE,
  RawHttp2,
  type RawHttp2Options,
  type ReceivedFrame,
} from "./raw-http2.ts";
export { RconsRun } from "./rcons-run.ts";
export { readToTheEnd } from "./read-to-the-end.ts";
export { type RecordedAudit, recordedAudit } from "./recorded-audit.ts";
export { RigProcess } from "./rig-process.ts";
export { type Ser2net, startSer2net } from "./ser2net.ts";
export { type SerialPair, startSerialPair } from "./serial-pair.ts";
export { type SocketConsole, startSocketConsole } from "./socket-console.ts";
export { expectSplitInvariant } from "./split-invariance.ts";
export { type Sshd, startSshd } from "./sshd.ts";
export { StatusWatch } from "./status-watch.ts";
export { tellOnFailure } from "./tell-on-failure.ts";
export { startTelnetServer, type TelnetServer, type TelnetServerPeer } from "./telnet-server.ts";
export { fingerprintIn, TestAuthority, type TestCertificate, TestTls } from "./test-authority.ts";
export { type TmuxOptions, TmuxPane } from "./tmux-pane.ts";
export { transportCompliance } from "./transport-compliance.ts";
export type { TransportFeatures, TransportFixture } from "./transport-fixture.ts";
export { writeAsXcat, type XcatNode, xcatFile } from "./xcat-file.ts";
