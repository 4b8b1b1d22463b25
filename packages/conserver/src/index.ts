export type { ConserverConsole, ConserverFile, ConsoleWay, TaskDefinition } from "./file/conserver-file.ts";
export { formatReportLine, type ReportLine, reportOf } from "./file/file-report.ts";
export { hostSurroundings } from "./file/host-surroundings.ts";
export { readConserverFile, type Surroundings } from "./file/read-conserver-file.ts";
export { nativeFromConserver } from "./native/from-conserver.ts";
export { type NativeFile, writeNative } from "./native/native-file.ts";
