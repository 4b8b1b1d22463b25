import type { Writable } from "node:stream";
import type { Clock, LogFields, Logger } from "@confed/kernel";
import { createLogger, format, transports } from "winston";
import { formatLogLine, type LogFormat, type LogLevel } from "./log-line.ts";

/** How and where a process says what happens to it. */
export interface ProcessLogOptions {
  readonly stream: Writable;
  readonly format: LogFormat;
  /** The least urgent that is still said. */
  readonly level: LogLevel;
  readonly clock: Clock;
}

/** The log of a process, on winston. Loading this file costs some 60 ms: import it lazily. */
export function processLog({ stream, format: lineFormat, level, clock }: ProcessLogOptions): Logger {
  const log = createLogger({
    level,
    format: format.printf(({ level: said, message, fields, wallTimeMs }) =>
      formatLogLine(
        {
          level: said as LogLevel,
          message: String(message),
          fields: fields as LogFields | undefined,
          wallTimeMs: wallTimeMs as number,
        },
        lineFormat,
      ),
    ),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston declares interfaces for its classes
    transports: [new transports.Stream({ stream, eol: "\n" })],
  });
  const sayAt = (said: LogLevel) => (message: string, fields?: LogFields) => {
    log.log({ level: said, message, fields, wallTimeMs: clock.wallTimeMs() });
  };
  return { debug: sayAt("debug"), info: sayAt("info"), warn: sayAt("warn"), error: sayAt("error") };
}
