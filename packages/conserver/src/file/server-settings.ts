/** What `config` blocks say of the server, as far as they say something. */
export interface ServerSettings {
  readonly autocomplete?: boolean | undefined;
  readonly daemonmode?: boolean | undefined;
  readonly defaultaccess?: "rejected" | "allowed" | "trusted" | undefined;
  readonly initdelayS?: number | undefined;
  readonly logfile?: string | undefined;
  readonly loghostnames?: boolean | undefined;
  readonly passwdfile?: string | undefined;
  readonly primaryport?: string | undefined;
  readonly redirect?: boolean | undefined;
  readonly reinitcheckS?: number | undefined;
  readonly secondaryport?: string | undefined;
  readonly setproctitle?: boolean | undefined;
  readonly sslcacertificatefile?: string | undefined;
  readonly sslcredentials?: string | undefined;
  readonly sslreqclientcert?: boolean | undefined;
  readonly sslrequired?: boolean | undefined;
  readonly unifiedlog?: string | undefined;
}

type SettingReader = (value: string, refuse: (message: string) => ServerSettings) => ServerSettings;

/** Every key of a `config` block. */
export const SETTING_KEYS: Readonly<Record<string, SettingReader>> = {
  autocomplete: flag("autocomplete"),
  daemonmode: flag("daemonmode"),
  defaultaccess: (value, refuse) => {
    const word = (["rejected", "allowed", "trusted"] as const).find((each) => each === value.toLowerCase());
    if (value === "") return { defaultaccess: undefined };
    return word === undefined ? refuse("must be one of rejected, allowed, trusted") : { defaultaccess: word };
  },
  initdelay: (value, refuse) => {
    if (!/^\d{0,9}$/.test(value)) return refuse("must be a number of seconds");
    return { initdelayS: Number(value) || undefined };
  },
  logfile: text("logfile"),
  loghostnames: flag("loghostnames"),
  passwdfile: text("passwdfile"),
  primaryport: text("primaryport"),
  redirect: flag("redirect"),
  // conserver 8.2.7 takes minutes only; what came after it takes a unit.
  reinitcheck: (value, refuse) => {
    const [, digits, unit] = /^(\d{0,9})([sm]?)$/i.exec(value) ?? [];
    if (digits === undefined) return refuse("must be a number of minutes, or of seconds with s behind it");
    return { reinitcheckS: Number(digits) * (unit?.toLowerCase() === "s" ? 1 : 60) || undefined };
  },
  secondaryport: text("secondaryport"),
  setproctitle: flag("setproctitle"),
  sslcacertificatefile: text("sslcacertificatefile"),
  sslcredentials: text("sslcredentials"),
  sslreqclientcert: flag("sslreqclientcert"),
  sslrequired: flag("sslrequired"),
  unifiedlog: text("unifiedlog"),
};

const FLAG_WORDS: Readonly<Record<string, boolean>> = {
  "": false,
  yes: true,
  true: true,
  on: true,
  no: false,
  false: false,
  off: false,
};

/** yes, true, on, no, false or off in any case; "" is no. Undefined: none of them. */
export function parseFlag(value: string): boolean | undefined {
  return Object.hasOwn(FLAG_WORDS, value.toLowerCase()) ? FLAG_WORDS[value.toLowerCase()] : undefined;
}

/** What is wrong with a value that {@link parseFlag} does not know. */
export const FLAG_RULE = "must be yes or no";

function flag(key: keyof ServerSettings): SettingReader {
  return (value, refuse) => {
    const said = parseFlag(value);
    return said === undefined ? refuse(FLAG_RULE) : { [key]: said };
  };
}

function text(key: keyof ServerSettings): SettingReader {
  return (value) => ({ [key]: value === "" ? undefined : value });
}
