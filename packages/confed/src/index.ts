export { formatLogLine, LOG_FORMATS, LOG_LEVELS, type LogEntry, type LogFormat, type LogLevel } from "./process/log-line.ts";
export { buildProgram } from "./program.ts";
