import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { skippedWithout } from "@confed/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConserverConsole } from "./conserver-file.ts";
import { hostSurroundings } from "./host-surroundings.ts";
import { readConserverFile } from "./read-conserver-file.ts";

const skipped = skippedWithout("conserver");

/**
 * The same file for conserver's own check (`-SS`) and for ours: the same consoles come of it, in the
 * same order, and the same lines have faults. conserver names the line where the word before a mistake
 * ended, so every block here is one line; and it complains of each word until it is on its feet again, we
 * of the first, so where blocks are broken only whether it complains is compared.
 */
describe.skipIf(skipped !== "")(`a conserver.cf with conserver itself${skipped}`, () => {
  test.each([
    ["xCAT's", XCAT],
    ["one of every key", EVERY_KEY],
    ["one of every mistake", MISTAKES],
  ])("%s file means the same to both, line by line", async (_, text) => {
    const { theirs, ours } = await readByBoth(text);
    expect(ours).toEqual(theirs);
  });

  test("broken blocks mean the same to both", () => compareConsoles(BROKEN_BLOCKS));

  test("any blocks of any items mean the same to both", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(block, { maxLength: 40 }), (lines) => compareConsoles(lines.join("\n"))),
      {
        numRuns: 40,
      },
    );
  }, 60_000);
});

const XCAT = `default cyclades { type host; portbase 7000; portinc 1; }
access * { trusted 127.0.0.1; trusted 10.9.0.1; trusted 192.0.2.10; }
default * { logfile /var/log/consoles/&; timestamp 1lab; rw *; master localhost; }
#xCAT BEGIN ts1 TS
default ts1 { include cyclades; host ts1; }
#xCAT END ts1 TS
console cn0102 { type exec; exec /opt/xcat/share/xcat/cons/ipmi cn0102; }
console cn0201 { type exec; exec PERL_BADLANG=0 /opt/xcat/share/xcat/cons/blade cn0201; options ondemand; }
console sw01 { include ts1; port 12; }
`;

const EVERY_KEY = `config * { autocomplete no; defaultaccess Trusted; daemonmode off; initdelay 1; reinitcheck 5; redirect on; }
config * { sslrequired yes; sslcredentials ""; sslreqclientcert no; loghostnames no; logfile /x; passwdfile /x; unifiedlog /x; }
config elsewhere { primaryport 7; secondaryport 8; }
group g { users a, !b,@c; }
access a.example { allowed 10.0.0.0/8 , h1.example; rejected 1.2.3.4; admin g; limited x; }
access * { include a.example; trusted localhost,127.0.0.1; }
break 5 { string "\\d\\z^c\\012"; delay 999; confirm yes; }
task a { cmd "echo H"; description "say it"; confirm no; subst H=hs; }
default * { master localhost; rw *; ro g; motd "he said \\"hi\\""; }
default line { type device; device /dev/ttyT; baud 9600; parity even; options ixany,!ixon crtscts,cstopb,hupcl; }
console d1 { include line; devicesubst T=p02d; port 7; } console d2 { INCLUDE LINE; device /dev/x; parity none; }
console e1 { type exec; exec "foo P H C 'R'"; execsubst P=P4x,H=hs,C=c8s,R=rs; port 300; portbase 7000; portinc 100; host h; replstring rep; }
console e2 { type exec; aliases "x y",z; } console "e 3" { type exec; exec a\\;b\\{c; } console e4{type exec;exec a"b;c"d;}
console h1 { type host; host h; port ssh; protocol raw; } console h2 { type host; host h; port 0; portbase -1; portinc 0; }
console u1 { type uds; uds /tmp/N.sock; udssubst N=cs; } console n1 { type noop; breaklist *; tasklist ""; break 5; }
console o1 { type exec; initcmd "x P"; initsubst P=pd; port 1; initspinmax 9; initspintimer 9; initrunas root; execrunas 0:0; }
console o2 { type exec; logfile /l/&; logfilemax 4k; idletimeout 5m; idlestring x; timestamp 5m; options ondemand,reinitoncc,!autoreinit,unloved,!login,striphigh; }
console o3 { type exec; type ""; type host; host x; host ""; host y; port 3; port ""; port 4; }
`;

const MISTAKES = `default * { master localhost; type noop; rw *; }
console a1 { breaklist 11; } console ok1 { breaklist 1,x; }
console a2 { tasklist ab; }
console a3 { idletimeout 5x; }
console a4 { logfilemax 1k; }
console a5 { logfilemax 3g; }
console a6 { baud 1234; }
console a7 { parity E; }
console a8 { options ixon,foo; }
console a9 { portbase -2; }
console b1 { protocol TELNET; }
console b2 { break 0; }
console b3 { devicesubst X=cd; }
console b4 { devicesubst X=c; }
console b5 { execsubst X=cs,X=cs; }
console b6 { timestamp 1x; }
console b7 { timestamp l; }
console c1 { type device; }
console c2 { type uds; }
console c3 { type host; }
console c4 { type exec; exec P; execsubst P=pd; }
console c5 { aliases a1; }
console c6 { aliases d d; }
console C6 { }
console c7 { include nope; }
console c8 { initspinmax 300; }
console c9 { type frob; }
console d1 { type device; device /d; baud 9600; parity none; baud 9; }
break 5 { delay 1000; }
break a { confirm maybe; }
task A { cmd x; }
access * { allowed 300.1.1.1; }
access * { rejected 1.2.3; }
access * { include nope; }
config * { defaultaccess foo; }
config * { initdelay x; }
config * { sslrequired maybe; }
`;

const BROKEN_BLOCKS = `default * { master localhost; type noop; }
console a1 { foo; } console a2 { foo bar baz; }
console a3 { type noop foo; }
console a4 { type { noop; } }
console a5 { motd }
console a6 { motd x }
console a7 { motd ; }
console a8 { ;; }
console { }
console ;
a9 { type noop; }
frob x { }
} ;
console b1 { type noop; } }
console b2 } console b3 { }
console b4 x y { } console "" b5 { }
console b6 { type noop; # } console b7 { }
}
console b8 { motd "x
`;

/** A block in one line, right or not. What conserver itself gets wrong or crashes over is left out. */
const block = fc
  .tuple(
    fc.constantFrom("console", "default", "console", "break", "group", "access", "Console"),
    fc.constantFrom("a", "b", "c d", "5"),
    fc.array(
      fc
        .tuple(
          fc.constantFrom(
            "type",
            "host",
            "port",
            "exec",
            "include",
            "options",
            "aliases",
            "motd",
            "timestamp",
            "users",
            "string",
            "rw",
            "trusted",
            "baud",
            "bogus",
          ),
          fc.constantFrom(
            "exec",
            "host",
            "noop",
            "a",
            "b",
            "7",
            "7000",
            '""',
            "!login",
            "x,y",
            "1lab",
            "*",
            '"q;\\"{"',
            "\\;",
            "",
            "1.2.3.4",
            "9600",
            "# c",
          ),
          fc.constantFrom(";", ";", ";", ";", ";", "", "}", "{", ";;"),
        )
        .map(([key, value, end]) => `${key} ${value}${end}`),
      { maxLength: 4 },
    ),
    fc.constantFrom("}", "}", "}", "}", "} }", ""),
  )
  // A comment would hide the rest of the block in one line, which is a block of its own.
  .map(
    ([kind, name, items, end]) =>
      `${kind} ${kind === "break" ? "5" : name} { master localhost; ${items.join(" ")} ${end}`,
  );

interface Understood {
  readonly consoles: readonly string[];
  readonly faultyLines: readonly number[];
}

async function compareConsoles(text: string): Promise<void> {
  const { theirs, ours } = await readByBoth(text);
  const complaint = ({ consoles, faultyLines }: Understood) => ({
    consoles,
    complains: faultyLines.length > 0,
  });
  expect(complaint(ours), text).toEqual(complaint(theirs));
}

async function readByBoth(text: string): Promise<{ readonly theirs: Understood; readonly ours: Understood }> {
  const dir = mkdtempSync(join(tmpdir(), "confed-cf-"));
  try {
    const path = join(dir, "conserver.cf");
    writeFileSync(path, `${text}\n`);
    const [theirs, file] = await Promise.all([
      checkWithConserver(path),
      readConserverFile(path, hostSurroundings()),
    ]);
    const faultyLines = distinct(file.faults.map(({ line }) => line));
    return { theirs, ours: { consoles: file.consoles.map(dumpOf), faultyLines } };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** What `conserver -SS` prints of a file. */
function checkWithConserver(path: string): Promise<Understood> {
  return new Promise((resolve, reject) => {
    execFile("conserver", ["-SS", "-C", path], (failure, stdout, stderr) => {
      // It ends with 65 where it found a mistake; anything else is not an answer.
      if (failure !== null && failure.code !== 65) {
        reject(new Error("conserver -SS gave no answer", { cause: failure }));
        return;
      }
      const consoles = [...stdout.matchAll(/^\[[^\]]*\] conserver \(\d+\): (\{.*\})$/gm)].map(
        ([, dump]) => dump ?? "",
      );
      const lines = [...stderr.matchAll(/ERROR: [^]*?\[[^\]]*:(\d+)\]$/gm)].map(([, line]) => Number(line));
      resolve({ consoles, faultyLines: distinct(lines) });
    });
  });
}

/** As conserver dumps a console; between aliases it forgets the comma. */
function dumpOf({ name, master, aliases, way }: ConserverConsole): string {
  const head = `${name}:${master}:${aliases.length === 0 ? "" : `,${aliases.join("")}`}`;
  switch (way.type) {
    case "exec":
      return `{${head}:|:${way.command ?? "/bin/sh"}}`;
    case "host":
      return `{${head}:!:${way.host},${way.port}}`;
    case "device":
      return `{${head}:/:${way.device},${way.baud}${way.parity.charAt(0)}}`;
    case "uds":
      return `{${head}:%:${way.path}}`;
    case "noop":
      return `{${head}:#:}`;
    case "ipmi":
      return `{${head}:@:${way.host}}`;
  }
}

function distinct(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}
