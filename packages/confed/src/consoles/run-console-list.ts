import { ConfedError, EXIT, neutralise } from "@confed/kernel";
import { readStream, Table, TextOut } from "@confed/rcons";
import type { DefinedConsoleReceived, ErrorDetailReceived } from "@confed/wire";
import { askHead, type HeadFlags } from "../process/ask-head.ts";
import type { World } from "../world.ts";

export interface ListFlags extends HeadFlags {
  readonly json?: true;
}

/** `confed console ls`: who has which console, by whose word, and what keeps it from being so. */
export async function runConsoleList(world: World, selection: string, flags: ListFlags): Promise<number> {
  const table = new Table([
    { title: "NAME", widthMax: 40 },
    { title: "AGENT", widthMax: 24 },
    { title: "SOURCE", widthMin: 13, widthMax: 13 },
    { title: "EPOCH", widthMin: 6, widthMax: 12 },
    { title: "TROUBLE", widthMax: 200 },
  ]);
  const out = new TextOut(world.stdout);
  await askHead(world, flags, (client, signal) =>
    readStream(client.definitions({ selection }, { signal }), out, ({ consoles }) => {
      out.lines(
        flags.json === true
          ? consoles.map((console) => JSON.stringify(jsonOf(console)))
          : table.page(consoles.map(rowOf)),
      );
    }),
  );
  return EXIT.ok;
}

/** `confed console show`: all that a head knows of who is to have one console, and how it is defined. */
export async function runConsoleShow(world: World, name: string, flags: ListFlags): Promise<number> {
  const found: DefinedConsoleReceived[] = [];
  const out = new TextOut(world.stdout);
  await askHead(world, flags, (client, signal) =>
    readStream(client.definitions({ selection: name }, { signal }), out, ({ consoles }) => {
      found.push(...consoles);
    }),
  );
  const [console] = found;
  if (console === undefined)
    throw new ConfedError("not_found", `this head knows no console ${neutralise(name, 140)}`, {
      subject: name,
      hint: "confed console ls",
    });
  if (flags.json === true) {
    out.line(JSON.stringify(jsonOf(console)));
    return EXIT.ok;
  }
  const rows: [string, string][] = [
    ["console", console.name],
    ["agent", console.agent],
    ["source", SOURCES[console.source] ?? console.source],
    ["by", console.by],
    ["at", console.atMs === 0 ? "" : new Date(console.atMs).toISOString()],
    ["claimed by", console.claimedBy],
    ["epoch", console.epoch === 0 ? "" : String(console.epoch)],
    ["trouble", isSet(console.trouble) ? console.trouble.message : ""],
    ["hint", console.trouble?.hint ?? ""],
    ["definition", console.entry],
  ];
  for (const [key, value] of rows)
    if (value !== "") out.line(`${`${key}:`.padEnd(13)}${neutralise(value, 16_000)}`);
  return EXIT.ok;
}

/** Where a definition stands. */
const SOURCES: Readonly<Record<string, string>> = {
  command: "head",
  file: "head (file)",
  "": "agent's file",
};

function rowOf({ name, agent, claimedBy, source, epoch, trouble }: DefinedConsoleReceived): string[] {
  const owner = agent === "" ? claimedBy : agent;
  const why = isSet(trouble) ? trouble.message : "";
  return [
    name,
    owner === "" ? "-" : owner,
    SOURCES[source] ?? source,
    epoch === 0 ? "-" : String(epoch),
    why,
  ];
}

function jsonOf({ name, agent, source, entry, by, atMs, claimedBy, epoch, trouble }: DefinedConsoleReceived) {
  return {
    name,
    agent: agent === "" ? null : agent,
    source: SOURCES[source] ?? source,
    definition: entry === "" ? null : (JSON.parse(entry) as unknown),
    by,
    at: atMs === 0 ? null : new Date(atMs).toISOString(),
    claimedBy,
    epoch,
    trouble: isSet(trouble) ? { code: trouble.code, message: trouble.message, hint: trouble.hint } : null,
  };
}

function isSet(trouble: ErrorDetailReceived | null): trouble is ErrorDetailReceived {
  return trouble !== null && trouble.code !== "";
}
