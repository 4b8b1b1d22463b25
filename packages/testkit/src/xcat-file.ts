import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { systemClock } from "@confed/kernel";

/** One node of xCAT's. */
export interface XcatNode {
  readonly name: string;
  /** nodehm.conserver, where it is not the host that the file is written on. */
  readonly master?: string | undefined;
  /** The lines of its stanza that say how it is reached; none where the master's own file says it. */
  readonly way?: readonly string[] | undefined;
}

const SAMPLE = new URL("../../conserver/src/fixtures/xcat-conserver.cf", import.meta.url);

/**
 * A conserver.cf as makeconservercf writes it: the head of a real one, with its access list and logs where the test wants
 * them, and a stanza for each node.
 */
export function xcatFile(nodes: readonly XcatNode[], { logs }: { readonly logs: string }): string {
  const sample = readFileSync(SAMPLE, "utf8");
  const head = sample
    .slice(0, sample.indexOf("#xCAT BEGIN"))
    .replace(/config \* \{[^}]*\}\n/, "")
    .replace("/var/log/consoles/&", `${logs}/&`);
  return head + nodes.map(stanzaOf).join("");
}

function stanzaOf({ name, master, way = ["type exec;"] }: XcatNode): string {
  const lines = [...way, ...(master === undefined ? [] : [`master ${master};`])];
  const body = lines.map((line) => `  ${line}\n`).join("");
  return `#xCAT BEGIN ${name} CONS\nconsole ${name} {\n${body}}\n#xCAT END ${name} CONS\n`;
}

/** Written as Perl writes it after open(">"): emptied, then in blocks of its buffer, and not all at once. */
export async function writeAsXcat(path: string, text: string): Promise<void> {
  const file = openSync(path, "w");
  const bytes = Buffer.from(text);
  const blockBytes = Math.max(8_192, Math.ceil(bytes.length / 8));
  for (let at = 0; at < bytes.length; at += blockBytes) {
    await new Promise<void>((resolve) => systemClock.after(40, resolve));
    writeSync(file, bytes.subarray(at, at + blockBytes));
  }
  closeSync(file);
}
