/** One line of the help for escapes: the keys, what they do, and who may use them. */
interface HelpEntry {
  readonly keys: string;
  readonly does: string;
  readonly writersOnly?: boolean;
  readonly unlimitedOnly?: boolean;
}

// In the order of conserver's own, which people know.
const ENTRIES: readonly HelpEntry[] = [
  { keys: ".", does: "disconnect" },
  { keys: ";", does: "move to another console", unlimitedOnly: true },
  { keys: "a", does: "attach read/write" },
  { keys: "b", does: "send broadcast message" },
  { keys: "c", does: "toggle flow control", writersOnly: true },
  { keys: "d", does: "down a console", writersOnly: true },
  { keys: "e", does: "change escape sequence" },
  { keys: "f", does: "force attach read/write" },
  { keys: "g", does: "group info" },
  { keys: "i", does: "information dump" },
  { keys: "L", does: "toggle logging on/off", writersOnly: true },
  { keys: "l?", does: "break sequence list", writersOnly: true },
  { keys: "l0", does: "send break per config file", writersOnly: true },
  { keys: "l1-9a-z", does: "send specific break sequence", writersOnly: true },
  { keys: "m", does: "display message of the day" },
  { keys: "n", does: "write a note to the logfile" },
  { keys: "o", does: "(re)open the tty and log file" },
  { keys: "p", does: "playback the last 60 lines" },
  { keys: "P", does: "set number of playback lines" },
  { keys: "r", does: "replay the last 20 lines" },
  { keys: "R", does: "set number of replay lines" },
  { keys: "s", does: "spy mode (read only)", writersOnly: true },
  { keys: "u", does: "show host status" },
  { keys: "v", does: "show version info" },
  { keys: "w", does: "who is on this console" },
  { keys: "x", does: "show console baud info" },
  { keys: "z", does: "suspend the connection", unlimitedOnly: true },
  { keys: "!", does: "invoke task", writersOnly: true },
  { keys: "|", does: "attach local command", writersOnly: true, unlimitedOnly: true },
  { keys: "?", does: "print this message" },
  { keys: "<cr>", does: "ignore/abort command" },
  { keys: "^R", does: "replay the last line" },
  { keys: "\\ooo", does: "send character by octal code", writersOnly: true },
];

/** What `^Ec?` answers after its `[`: what this client may do, two to a line. */
export function escapeHelp({
  writes,
  limited,
}: {
  readonly writes: boolean;
  readonly limited: boolean;
}): string {
  const entries = ENTRIES.filter(
    ({ writersOnly, unlimitedOnly }) =>
      (writes || writersOnly !== true) && (!limited || unlimitedOnly !== true),
  );
  const lines: string[] = [];
  for (let at = 0; at < entries.length; at += 2) {
    const cells = entries.slice(at, at + 2).map(({ keys, does }) => ` ${keys.padEnd(7)} ${does}`);
    lines.push(cells.length === 2 ? `${(cells[0] ?? "").padEnd(39)}${cells[1] ?? ""}` : (cells[0] ?? ""));
  }
  return `${writes ? "help" : "help spy mode"}]\r\n${lines.map((line) => `${line}\r\n`).join("")}`;
}

/** What `help` answers before and after somebody has logged in; the starred need an administrator. */
export function commandHelp(commands: Readonly<Record<string, string>>): string {
  const names = Object.keys(commands);
  const width = Math.max(...names.map((name) => name.length));
  const lines = names.map((name) => `${name.padEnd(width)} ${commands[name] ?? ""}\r\n`);
  const starred = names.some((name) => name.endsWith("*")) ? "* = requires admin privileges\r\n" : "";
  return `${lines.join("")}${starred}`;
}
