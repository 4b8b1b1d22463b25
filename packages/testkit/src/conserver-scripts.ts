import type { ConserverExchange } from "./conserver-peer.ts";

type Exchange = ConserverExchange;

const ESC = "\x05c";

const login = (who: string): readonly Exchange[] => [
  [who, ""],
  [who, `login ${who.replace(/\d/, "")}\r\n`],
];
/** Log in, call a console, ask for its output. */
export const attachExchanges = (who: string, console = "cat"): readonly Exchange[] => [
  ...login(who),
  [who, `call ${console}\r\n`],
  [who, `${ESC};`],
];
/** One escape after the other. */
export const escapeExchanges = (who: string, ...letters: readonly string[]): readonly Exchange[] =>
  letters.map((letter) => [who, ESC + letter]);

/** A task, and that it has ended. */
const taskExchange = (who: string, keys: string): Exchange => [who, ESC + keys, "[task terminated: "];

/** What is said to conserver and to a gateway, byte by byte, by what it is about. Consoles are those of {@link CONSERVER_SCRIPTS_CONFIG}. */
export const CONSERVER_SCRIPTS: Readonly<Record<string, readonly Exchange[]>> = {
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
    ...attachExchanges("ann"),
    ...attachExchanges("bob"),
    ...escapeExchanges(
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
    ...escapeExchanges("ann", "P\r", "P12\r", "P\r", "P12345\r", "R\r", "R7\r", "R7\b8\r", "P1\b\b\r"),
    ...escapeExchanges("ann", "l?", "l0", "l1", "l9", "l\r", "lx", "l5n", "l5y", "l5z", "l5\r"),
    ...escapeExchanges("ann", "!\r", "!z", "\\101", "\\9", "\\1x", "\\12z", "\\777"),
    ...escapeExchanges(
      "ann",
      "bhello\r",
      "bback\x08\x7f\x15new\r",
      "b\r",
      "nnote\r",
      "bone two\x17x\n\x05c.\r",
    ),
    ...escapeExchanges("ann", "exy"),
    ["ann", "xy "],
    ["ann", "xye\x05c"],
    ...escapeExchanges("ann", " ", "."),
  ],
  "two users and three": [
    ...attachExchanges("ann"),
    ...attachExchanges("bob"),
    ...attachExchanges("cyd"),
    ...escapeExchanges("bob", "a", "c", "d", "L", "l", "!", "s", "o", "?", "\\"),
    ["bob", "typed\r"],
    ["bob", "x\ny"],
    ...escapeExchanges("bob", "f"),
    ...escapeExchanges("ann", "g", "u", "a"),
    ["bob", "to both"],
    ...escapeExchanges("cyd", "a"),
    ...escapeExchanges("ann", "f", "bto all\r"),
    ["cyd", "unseen"],
    ...escapeExchanges("cyd", "."),
    ...escapeExchanges("ann", "s"),
    ["bob", "bob has it"],
    ...escapeExchanges("ann", "a"),
    ...escapeExchanges("bob", "."),
    ["ann", "ann has it"],
    ...escapeExchanges("ann", "w"),
  ],
  "down and up": [
    ...attachExchanges("ann"),
    ...attachExchanges("bob"),
    ...escapeExchanges("ann", "d"),
    ["ann", "x\r"],
    ["bob", "x\r"],
    ...escapeExchanges("ann", "u", "w", "a"),
    ...escapeExchanges("bob", "f"),
    ...escapeExchanges("bob", "o"),
    ["bob", "again"],
    ...escapeExchanges("bob", "d", "z"),
    ["bob", "x"],
    ...escapeExchanges("ann", "f", "o"),
    ["ann", "alive"],
  ],
  "aside and back": [
    ...attachExchanges("ann"),
    ...attachExchanges("bob"),
    ...escapeExchanges("ann", "z"),
    ["ann", "x"],
    ...escapeExchanges("bob", "s"),
    ...escapeExchanges("ann", ";"),
    ["ann", "x"],
    ...escapeExchanges("ann", "|"),
    ["ann", "\xffE"],
    ["ann", `abc${ESC}?`],
    ["ann", "\xff."],
    ["ann", "after"],
    ...escapeExchanges("ann", "|"),
    ["ann", "\xff."],
  ],
  "tasks of the writer": [
    ...attachExchanges("ann", "tsk"),
    ...attachExchanges("bob", "tsk"),
    ...escapeExchanges("ann", "!?"),
    taskExchange("ann", "!a"),
    ...escapeExchanges("ann", "!b", "!a"),
    taskExchange("ann", "!."),
    ...escapeExchanges("ann", "!.", "!cn", "!cx", "!c\r"),
    taskExchange("ann", "!cy"),
    taskExchange("ann", "!e"),
    ...escapeExchanges("ann", "!z", "!9", "!\r", "!A"),
    ...escapeExchanges("bob", "!?", "!a", "!."),
    ...attachExchanges("cyd", "cat"),
    ...escapeExchanges("cyd", "!a"),
    ...escapeExchanges("ann", "!b", "?", "!?"),
    taskExchange("ann", "!."),
    ...escapeExchanges("ann", "."),
    ...escapeExchanges("bob", "a"),
    taskExchange("bob", "!a"),
    ...escapeExchanges("bob", "."),
  ],
  "down and up again, by two": [
    ...attachExchanges("ann", "cab"),
    ...escapeExchanges("ann", "d", "d", "o"),
    ["ann", "up\r\n"],
    ...attachExchanges("bob", "cab"),
    ...escapeExchanges("bob", "o", "d", "f", "a", "s", "u", "w"),
    ...escapeExchanges("ann", "d", "u", "w", "m", "l1", "o", "l1", "l0"),
    ...escapeExchanges("ann", "."),
    ...escapeExchanges("bob", "w", "u"),
  ],
  "octal, lines and quoting": [
    ...attachExchanges("ann"),
    ["ann", "a"],
    ["ann", "\x05c\\060"],
    ["ann", "b"],
    ["ann", "\x05cl5y"],
    ["ann", "c\r"],
    ["ann", "\x05c\\4\x05"],
    ["ann", "\x05c"],
    ["ann", "\x05"],
    ["ann", "\x05cbhi\r"],
    ["ann", "\x05cn\r"],
    ["ann", "\x05cP0\r"],
    ["ann", "\x05cP9999\r"],
    ["ann", "\x05cP\r"],
    ["ann", "\x05cR0001\r"],
    ["ann", "\x05cR\r"],
    ["ann", "\x05ce\x05c"],
    ["ann", "\x05c "],
    ["ann", "\xff\xff\xff\xff"],
    ["ann", "\x05c\xff\xff"],
    ["ann", "\x05c."],
  ],
  "reading only": [
    ...login("bob"),
    ["bob", "call cab\r\n"],
    ["bob", `${ESC};`],
    ["bob", "abc\r"],
    ...escapeExchanges("bob", "a", "f", "z"),
    ["bob", "x"],
    ...attachExchanges("ann", "cab"),
    ...escapeExchanges("ann", "u"),
  ],
  "limited, and an administrator": [
    ...attachExchanges("lim"),
    ...escapeExchanges("lim", ";", "z", "|", "\x1a", "f", "?"),
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

/** For conserver itself. */
export const CONSERVER_SCRIPTS_CONFIG = `config * { sslrequired no; loghostnames no; }
access * { trusted 127.0.0.1; admin root; limited lim; }
task a { cmd "echo out; exit 3"; description "say it"; }
task b { cmd "exec sleep 100"; }
task c { cmd "echo sure"; confirm yes; description "ask first"; }
task e { cmd "echo %; printf 'a\\nb'"; subst "%=cs"; }
task z { cmd "echo never"; }
break 5 { string "x\\d\\n"; delay 1; confirm yes; } break 1 { string "B"; }
default * { master localhost; rw *; type exec; exec "stty raw -echo; exec cat"; tasklist y; logfile DIR/&; }
console cat { aliases tom; motd "be nice"; }
console cab { ro bob; rw ""; rw ann; }
console dog { type noop; }
console tsk { tasklist a,b,c,e; }
`;
