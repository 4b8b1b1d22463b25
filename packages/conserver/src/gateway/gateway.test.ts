import { silentLogger, systemClock } from "@confed/kernel";
import {
  type ConserverAnswers,
  type ConserverExchange,
  type ConserverPeer,
  EchoConsoles,
  playConserver,
  skippedWithout,
  startConserverPeer,
} from "@confed/testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { BUILTIN_BREAKS } from "../file/break-sequence.ts";
import { Gateway } from "./gateway.ts";

const skipped = skippedWithout("conserver");

type Exchange = ConserverExchange;

const ESC = "\x05c";

const login = (who: string): readonly Exchange[] => [
  [who, ""],
  [who, `login ${who.replace(/\d/, "")}\r\n`],
];
const attach = (who: string, console = "cat"): readonly Exchange[] => [
  ...login(who),
  [who, `call ${console}\r\n`],
  [who, `${ESC};`],
];
const escapes = (who: string, ...letters: readonly string[]): readonly Exchange[] =>
  letters.map((letter) => [who, ESC + letter]);

/**
 * The same bytes to a group process of conserver and to us, the same answers. Left out, because they differ by intent:
 *
 * - `call` of an unknown name, and of a beginning that fits several: a group closes, or takes the first. We answer as
 *   its master does, since we are both.
 * - `help`: ours has the commands of both, and no gssapi.
 * - `info` and `examine` of exec consoles: processes, ptys and descriptors of ours are nobody's business.
 * - `^EcL`, `^Ecc`: the log is never off, a pty's flow control is its program's.
 * - `^Ec!`: tasks are not run; all are undefined.
 * - who is next at the keyboard when several wait is the console's host's to say.
 */
const SCRIPTS: Readonly<Record<string, readonly Exchange[]>> = {
  "before the log-in": [
    ["ann", ""],
    ...[
      "foo",
      "call cat",
      "info",
      " login ann",
      "LOGIN ann",
      "login",
      "login ann",
      "login ann",
      "foo",
      "",
    ].map((line): Exchange => ["ann", `${line}\r\n`]),
    ["bob", ""],
    ["bob", "login bob\n"],
    ["bob", "exit\r\n"],
  ],
  "lines of a group": [
    ...login("ann"),
    ...[
      "broadcast",
      "broadcast hello",
      "textmsg",
      "textmsg x",
      "textmsg @cat hello there",
      "disconnect ann",
      "call",
      "info nope",
      "examine nope",
      "group",
      "hosts",
      "hosts cab",
      "hosts dog",
    ].map((line): Exchange => ["ann", `${line}\r\n`]),
    ["ann", "call dog\r\n"],
    ...login("eve"),
    ["eve", "call cab\r\n"],
  ],
  "a client's way to its console": [
    ...login("ann"),
    ["ann", "call cat\r\n"],
    ["ann", `${ESC}=`],
    ["ann", `${ESC}\xd6`],
    ["ann", `${ESC}m`],
    ["ann", `${ESC};`],
    ["ann", `${ESC}=`],
    ["ann", "hello\r\n"],
    ["ann", "\x00\x01\x7f\x80\xfe"],
    ["ann", "a\xff\xffb"],
    ["ann", "\xffq"],
    ["ann", "\x05"],
    ["ann", "q"],
    ["ann", "\x05\x05\x05q"],
    ["ann", `${ESC}e\x1dx`],
    ["ann", "\x05c?"],
    ["ann", "\x1dx "],
    ["ann", "\x1dx."],
  ],
  "every escape of the writer": [
    ...attach("ann"),
    ...attach("bob"),
    ...escapes(
      "ann",
      "?",
      "h",
      "a",
      "f",
      "u",
      "w",
      "g",
      "v",
      "m",
      " ",
      "\r",
      "\n",
      "k",
      "A",
      "1",
      "\xff\xff",
    ),
    ...escapes("ann", "P\r", "P12\r", "P\r", "P12345\r", "R\r", "R7\r", "R7\b8\r", "P1\b\b\r"),
    ...escapes("ann", "l?", "l0", "l1", "l9", "l\r", "lx", "l5n", "l5y", "l5z", "l5\r"),
    ...escapes("ann", "!\r", "!z", "\\101", "\\9", "\\1x", "\\12z", "\\777"),
    ...escapes("ann", "bhello\r", "bback\x08\x7f\x15new\r", "b\r", "nnote\r", "bone two\x17x\n\x05c.\r"),
    ...escapes("ann", "exy"),
    ["ann", "xy "],
    ["ann", "xye\x05c"],
    ...escapes("ann", " ", "."),
  ],
  "two users and three": [
    ...attach("ann"),
    ...attach("bob"),
    ...attach("cyd"),
    ...escapes("bob", "a", "c", "d", "L", "l", "!", "s", "o", "?", "\\"),
    ["bob", "typed\r"],
    ["bob", "x\ny"],
    ...escapes("bob", "f"),
    ...escapes("ann", "g", "u", "a"),
    ["bob", "to both"],
    ...escapes("cyd", "a"),
    ...escapes("ann", "f", "bto all\r"),
    ["cyd", "unseen"],
    ...escapes("cyd", "."),
    ...escapes("ann", "s"),
    ["bob", "bob has it"],
    ...escapes("ann", "a"),
    ...escapes("bob", "."),
    ["ann", "ann has it"],
    ...escapes("ann", "w"),
  ],
  "down and up": [
    ...attach("ann"),
    ...attach("bob"),
    ...escapes("ann", "d"),
    ["ann", "x\r"],
    ["bob", "x\r"],
    ...escapes("ann", "u", "w", "a"),
    ...escapes("bob", "f"),
    ...escapes("bob", "o"),
    ["bob", "again"],
    ...escapes("bob", "d", "z"),
    ["bob", "x"],
    ...escapes("ann", "f", "o"),
    ["ann", "alive"],
  ],
  "aside and back": [
    ...attach("ann"),
    ...attach("bob"),
    ...escapes("ann", "z"),
    ["ann", "x"],
    ...escapes("bob", "s"),
    ...escapes("ann", ";"),
    ["ann", "x"],
    ...escapes("ann", "|"),
    ["ann", "\xffE"],
    ["ann", `abc${ESC}?`],
    ["ann", "\xff."],
    ["ann", "after"],
    ...escapes("ann", "|"),
    ["ann", "\xff."],
  ],
  "reading only": [
    ...login("bob"),
    ["bob", "call cab\r\n"],
    ["bob", `${ESC};`],
    ["bob", "abc\r"],
    ...escapes("bob", "a", "f", "z"),
    ["bob", "x"],
    ...attach("ann", "cab"),
    ...escapes("ann", "u"),
  ],
  "limited, and an administrator": [
    ...attach("lim"),
    ...escapes("lim", ";", "z", "|", "\x1a", "f", "?"),
    ...login("root"),
    ["root", "textmsg lim@cat psst\r\n"],
    ["root", "textmsg lim@ca psst\r\n"],
    ["root", "textmsg li psst\r\n"],
    ["root", "broadcast all of you\r\n"],
    ["root", "disconnect li\r\n"],
    ["root", "disconnect lim@cat\r\n"],
    ["root", "group\r\n"],
  ],
};

const CONFIG = `config * { sslrequired no; loghostnames no; }
access * { trusted 127.0.0.1; admin root; limited lim; }
break 5 { string "x\\d\\n"; delay 1; confirm yes; } break 1 { string "B"; }
default * { master localhost; rw *; type exec; exec "stty raw -echo; exec cat"; tasklist ""; logfile DIR/&; }
console cat { aliases tom; motd "be nice"; }
console cab { ro bob; rw ""; rw ann; }
console dog { type noop; }
`;

describe.skipIf(skipped !== "")(`a gateway with conserver itself${skipped}`, () => {
  let theirs: ConserverPeer;
  beforeAll(async () => {
    theirs = await startConserverPeer(CONFIG);
  });
  afterAll(() => theirs.close());

  test.each(Object.keys(SCRIPTS))(
    "%s: the transcripts are equal",
    async (name) => {
      const script = SCRIPTS[name] ?? [];
      const port = await startGateway();
      const expected = await playConserver(script, theirs.groupPort);
      const answered = await playConserver(script, port, expected.map(normalised));
      expect(transcript(script, answered)).toEqual(transcript(script, expected));
    },
    60_000,
  );

  test("the scripts have as many exchanges as make a difference show", () => {
    expect(Object.values(SCRIPTS).flat().length).toBeGreaterThanOrEqual(150);
  });
});

async function startGateway(): Promise<number> {
  const host = new EchoConsoles([
    { name: "cat", aliases: ["tom"], motd: "be nice" },
    { name: "cab", aliases: [], writers: ["ann"], readers: ["bob"] },
    { name: "dog", aliases: [], noop: true },
  ]);
  const gateway = new Gateway({
    host,
    access: {
      trustOf: () => "trusted",
      checkPassword: () => Promise.resolve(false),
      isAdmin: (user) => user === "root",
      isLimited: (user) => user === "lim",
    },
    breaks: new Map([
      ...BUILTIN_BREAKS,
      ["1", { string: "B", delayMs: 250, confirm: false }],
      ["5", { string: "x\\d\\n", delayMs: 1, confirm: true }],
    ]),
    tls: { context: undefined, requestCert: false, plainFrom: "loopback" },
    clock: systemClock,
    logger: silentLogger,
    control: () => Promise.resolve(),
  });
  onTestFinished(() => gateway.close());
  return (await gateway.listen({ host: "127.0.0.1", port: 0 })).port;
}

/** What differs by its nature: times, ports. */
function normalised(answers: ConserverAnswers): ConserverAnswers {
  return new Map(
    [...answers].map(([name, text]) => [
      name,
      text
        .replaceAll(/[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}/g, "DATE")
        .replaceAll(/\[group ctl_\d+\]/g, "[group]"),
    ]),
  );
}

function transcript(script: readonly Exchange[], steps: readonly ConserverAnswers[]): readonly string[] {
  return steps.flatMap((answers, at) => {
    const [who, send] = script[at] ?? ["", ""];
    const heard = [...normalised(answers)].filter(([, text]) => text !== "");
    return [
      `${who} > ${JSON.stringify(send)}`,
      ...heard.map(([name, text]) => `  ${name} < ${JSON.stringify(text)}`),
    ];
  });
}
