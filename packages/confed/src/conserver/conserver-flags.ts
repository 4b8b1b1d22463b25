import { ConfedError } from "@confed/kernel";

/** The letters of conserver(8), `:` behind those that take a value. */
const LETTERS = "7a:b:c:C:dDEFhiL:m:M:noO:p:P:RSuU:vV";

/** A command line of conserver's: how often each letter was given, and the last value of those that take one. */
export interface ConserverFlags {
  readonly counts: ReadonlyMap<string, number>;
  readonly values: ReadonlyMap<string, string>;
  /** `--anonymous-tls`, which is ours. */
  readonly anonymousTls: boolean;
}

/** getopt(3), as conserver uses it. Throws "invalid_argument" for what it has no letter for. */
export function parseConserverFlags(args: readonly string[]): ConserverFlags {
  const counts = new Map<string, number>();
  const values = new Map<string, string>();
  let anonymousTls = false;
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--") break;
    if (arg === "--anonymous-tls") {
      anonymousTls = true;
      continue;
    }
    if (!/^-[A-Za-z0-9]/.test(arg)) throw unknown(arg);
    for (let at = 1; at < arg.length; at += 1) {
      const letter = arg[at] ?? "";
      const place = LETTERS.indexOf(letter);
      if (place < 0) throw unknown(`-${letter}`);
      counts.set(letter, (counts.get(letter) ?? 0) + 1);
      if (LETTERS[place + 1] !== ":") continue;
      const value = at + 1 < arg.length ? arg.slice(at + 1) : rest.shift();
      if (value === undefined) throw new ConfedError("invalid_argument", `-${letter} needs a value`, HELP);
      values.set(letter, value);
      break;
    }
  }
  return { counts, values, anonymousTls };
}

/** -O, as conserver reads it; undefined without, and where it is no number or nothing: then the file counts. */
export function reinitcheckS({ values }: Pick<ConserverFlags, "values">): number | undefined {
  const minutes = Number.parseInt(values.get("O") ?? "", 10);
  return minutes > 0 ? minutes * 60 : undefined;
}

const HELP = { hint: "conserver -h" } as const;

function unknown(arg: string): ConfedError {
  return new ConfedError("invalid_argument", `conserver has no option ${arg}`, HELP);
}

/** What -h prints. */
export const CONSERVER_USAGE = `usage: conserver [-7dDEFhinoRSuvV] [-a type] [-m max] [-M master] [-p port] [-b port] [-c cred] [-C config] [-P passwd] [-L logfile] [-O min] [-U logfile] [--anonymous-tls]
	c cred     a certificate and its key, PEM
	C config   the conserver.cf whose consoles are served (/etc/conserver.cf)
	d          go to the background when it serves, which is waited for for a minute; what is said goes to the
	           logfile, its pid to conserver.pid in RUNTIME_DIRECTORY, or /var/run
	D          say more
	E          encryption is not required
	i          connect consoles while somebody is attached only
	L logfile  say things there instead of on standard error
	M master   address to listen on (all addresses by default)
	O min      a console that was taken down (^Ecd) comes up again after so long (reinitcheck of the file)
	p port     port to listen on (primaryport of the file, 782)
	P passwd   passwords, as conserver.passwd(5) has them
	S          check the syntax of the file and end; twice: say what its consoles are
	V          print the version
	--anonymous-tls  encrypt without any certificate: whoever sits in between reads and types
	m max, o, v, n  accepted: nothing is needed for what they do
	7, a type, b port, F, R, u, U logfile  accepted, and said in the log to be without effect
`;

/** What -V prints; makeconservercf reads the first line of it. */
export const CONSERVER_VERSION = `conserver: conserver.com version 8.2.7
conserver: default access type \`r'
conserver: default escape sequence \`^Ec'
conserver: default configuration in \`/etc/conserver.cf'
conserver: default limit is 0 members per group
conserver: default primary port referenced as \`782'
conserver: default secondary base port referenced as \`0'
conserver: options: openssl
`;

/** What letters come to here, for the log: those that ask for something that is not done, or done otherwise. */
export const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  "7": "bytes are passed as they are",
  a: "who may come in is said by access blocks and defaultaccess of the file",
  b: "one port is enough for all consoles",
  F: "a console that is down is always tried again",
  m: "one process serves all consoles; confed agent --shards uses more of a host",
  R: "this server never redirects",
  u: "rcons tail shows what nobody watches",
  U: "rcons tail reads many consoles at a time",
};
