import { silentLogger, systemClock } from "@confed/kernel";
import {
  attachExchanges,
  CONSERVER_SCRIPTS,
  CONSERVER_SCRIPTS_CONFIG,
  type ConserverAnswers,
  type ConserverExchange,
  type ConserverPeer,
  EchoConsoles,
  escapeExchanges,
  playConserver,
  skippedWithout,
  startConserverPeer,
} from "@confed/testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { BUILTIN_BREAKS } from "../file/break-sequence.ts";
import { Gateway } from "./gateway.ts";

const skipped = skippedWithout("conserver");

type Exchange = ConserverExchange;

const [attach, escapes] = [attachExchanges, escapeExchanges];

/**
 * The same bytes to a group process of conserver and to us, the same answers. Left out, because they differ by intent:
 *
 * - `call` of an unknown name, and of a beginning that fits several: a group closes, or takes the first. We answer as
 *   its master does, since we are both.
 * - `help`: ours has the commands of both, and no gssapi.
 * - `info` and `examine` of exec consoles: processes, ptys and descriptors of ours are nobody's business.
 * - `^EcL`: the log is never switched off by who types, and so the answer is that it is on, each time.
 * - `^Ecc` of exec consoles: a pty's flow control is its program's; the answer is that of other types.
 * - A task's environment, directory and standard input: none of the server's variables are its business, it begins in `/`,
 *   and it reads an end where conserver gives it a closed descriptor.
 * - `tasklist ""` means no tasks, as its manual has it; conserver 8.2.7 then offers all.
 * - Whoever asks for a console that is up to be opened again (`^Eco`) is answered when it is up, not before and after.
 * - A console with an `initcmd` is up when it is connected, not when that has ended; that it failed is told.
 * - A console that was taken down comes up again when somebody attaches, as with `reinitoncc`.
 * - who is next at the keyboard when several wait is the console's host's to say.
 */
describe.skipIf(skipped !== "")(`a gateway with conserver itself${skipped}`, () => {
  let theirs: ConserverPeer;
  beforeAll(async () => {
    theirs = await startConserverPeer(CONSERVER_SCRIPTS_CONFIG);
  });
  afterAll(() => theirs.close());

  test.each(Object.keys(CONSERVER_SCRIPTS))(
    "%s: the transcripts are equal",
    async (name) => {
      const script = CONSERVER_SCRIPTS[name] ?? [];
      const { port } = await startGateway();
      const expected = await playConserver(script, theirs.groupPort);
      const answered = await playConserver(script, port, { expected: expected.map(normalised) });
      expect(transcript(script, answered)).toEqual(transcript(script, expected));
    },
    60_000,
  );

  test("a reload: whoever is attached is told the same, and may do the same from then on", async () => {
    const peer = await startConserverPeer(CONSERVER_SCRIPTS_CONFIG);
    onTestFinished(() => peer.close());
    const { port, host, gateway } = await startGateway();
    const script: readonly Exchange[] = [
      ...attach("ann", "cab"),
      ...attach("bob", "cab"),
      ...attach("eve", "tsk"),
      ...attach("cyd"),
      ["reload", ""],
      ["ann", "typed\r"],
      ...escapes("ann", "a", "f", "u"),
      ...escapes("cyd", "m"),
      ["cyd", "still\r\n"],
      ["reload back", ""],
      ...escapes("ann", "a"),
      ["ann", "again\r\n"],
    ];
    const without = CONSERVER_SCRIPTS_CONFIG.replace("console tsk { tasklist a,b,c,e; }", "");
    const changed = without
      .replace('ro bob; rw ""; rw ann;', 'ro ann; rw "";')
      .replace("be nice", "be quick");
    const expected = await playConserver(script, peer.groupPort, {
      actions: {
        reload: () => {
          peer.reload(changed);
        },
        "reload back": () => {
          peer.reload(without);
        },
      },
    });
    const become = (consoles: Parameters<EchoConsoles["become"]>[0]) => () => {
      host.become(consoles);
      return gateway.recheck();
    };
    const [cat, cab, dog] = CONSOLES;
    const answered = await playConserver(script, port, {
      expected: expected.map(normalised),
      actions: {
        reload: become([{ ...cat, motd: "be quick" }, { ...cab, writers: [], readers: ["ann"] }, dog]),
        "reload back": become([cat, cab, dog]),
      },
    });
    expect(transcript(script, answered)).toEqual(transcript(script, expected));
  }, 60_000);

  test("the scripts have as many exchanges as make a difference show", () => {
    expect(Object.values(CONSERVER_SCRIPTS).flat().length).toBeGreaterThanOrEqual(250);
  });
});

const task = (cmd: string, title = cmd, confirm = false) => ({
  ...{ title, announced: title, cmd, confirm, runas: undefined },
});
const TASKS = new Map([
  ["a", task("echo out; exit 3", "say it")],
  ["b", task("exec sleep 100")],
  ["c", task("echo sure", "ask first", true)],
  [
    "e",
    {
      ...task("echo %; printf 'a\\nb'"),
      cmd: "echo tsk; printf 'a\\nb'",
      announced: "echo tsk; printf 'a\\nb'",
    },
  ],
]);

const CONSOLES = [
  { name: "cat", aliases: ["tom"], motd: "be nice" },
  { name: "cab", aliases: [], writers: ["ann"], readers: ["bob"] },
  { name: "dog", aliases: [], noop: true },
  { name: "tsk", aliases: [], tasks: TASKS },
] as const;

async function startGateway() {
  const host = new EchoConsoles(CONSOLES);
  const breaks = new Map([
    ...BUILTIN_BREAKS,
    ["1", { string: "B", delayMs: 250, confirm: false }],
    ["5", { string: "x\\d\\n", delayMs: 1, confirm: true }],
  ]);
  const gateway = new Gateway({
    host,
    access: {
      trustOf: () => "trusted",
      checkPassword: () => Promise.resolve(false),
      needsPassword: () => Promise.resolve(true),
      isAdmin: (user) => user === "root",
      isLimited: (user) => user === "lim",
    },
    breaks: () => breaks,
    tls: () => ({ context: undefined, requestCert: false, plainFrom: "loopback" }),
    clock: systemClock,
    logger: silentLogger,
    control: () => Promise.resolve(),
  });
  onTestFinished(() => gateway.close());
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  return { port, host, gateway };
}

/** What differs by its nature: times, ports. */
function normalised(answers: ConserverAnswers): ConserverAnswers {
  return new Map(
    [...answers].map(([name, text]) => [
      name,
      text
        .replaceAll(/[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}/g, "DATE")
        .replaceAll(/\[group ctl_\d+\]/g, "[group]")
        .replaceAll(/running - pid \d+ -/g, "running - pid PID -"),
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
