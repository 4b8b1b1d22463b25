import { matches, parseSelection, type Selectable } from "@confed/kernel";
import { LOG_MODE_KEYS, type LogMode, type LogModeSaid, type LogSettings } from "./settings-schema.ts";

/** A console that may have a log path of its own. */
type Logged = Selectable & { readonly log?: { readonly path: string } | undefined };

/**
 * How each console is logged: what `logs` says of all, then what the entries of `logs.for` say of
 * those they select, the last one that says something. Consoles of one mode share one object.
 */
export function logModes(logs: LogSettings): (console: Logged) => LogMode {
  const rules = (logs.for ?? []).map(({ consoles, ...said }) => ({
    selection: parseSelection(consoles),
    said,
  }));
  const ofAll = { ...DEFAULT_MODE, ...whatIsSaid(logs) };
  const known = new Map<string, LogMode>();
  return (console) => {
    const said = rules.filter(({ selection }) => matches(selection, console));
    const mode = said.reduce((all, rule) => ({ ...all, ...whatIsSaid(rule.said) }), ofAll);
    const path = console.log?.path;
    const key = [...LOG_MODE_KEYS.map((each) => mode[each]), path].join();
    const shared = known.get(key) ?? (path === undefined ? mode : { ...mode, path });
    known.set(key, shared);
    return shared;
  };
}

/** What holds where nothing is said. */
export const DEFAULT_MODE: LogMode = Object.freeze({ strict: false, sync: "kernel", format: "exact" });

function whatIsSaid(said: LogModeSaid): Partial<LogMode> {
  const entries = LOG_MODE_KEYS.flatMap((key) =>
    said[key] === undefined ? [] : [[key, said[key]] as const],
  );
  return Object.fromEntries(entries);
}
