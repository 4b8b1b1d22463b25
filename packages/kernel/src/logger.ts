/**
 * What every part of Confed may say to its own log. One line per transition; never per byte, per
 * read or per console in a loop: the implementation behind it costs about 14 us a message.
 * `fields` are plain values; text from consoles and people is neutralised by the implementation.
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Flat, greppable. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Says nothing. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
