import { syslogSeverityOf } from "./codes.ts";

/**
 * A record as a message of RFC 5424: the event's code is its MSGID, the line itself its text, so that
 * a receiver can hold the chain against itself, too. ASCII but for what the line holds.
 */
export function syslogMessage(
  line: string,
  { host, process }: { readonly host: string; readonly process: string },
): string {
  const { code, time } = JSON.parse(line) as { readonly code: string; readonly time: string };
  const priority = FACILITY_AUTHPRIV * 8 + syslogSeverityOf(code);
  return `<${priority}>1 ${time} ${printable(host)} confed ${printable(process)} ${code} - ${line}`;
}

/** Security and authorisation; what logs of this facility hold is not for everybody. */
const FACILITY_AUTHPRIV = 10;

/** RFC 5424, 6: header fields are printable ASCII without spaces, `-` if there is nothing to say. */
function printable(text: string): string {
  return text.replaceAll(/[^!-~]/g, "").slice(0, 48) || "-";
}

/** RFC 6587, 3.4.1: a message on a stream, its length in front. */
export function octetCounted(message: string): Buffer {
  const bytes = Buffer.from(message);
  return Buffer.concat([Buffer.from(`${bytes.byteLength} `), bytes]);
}
