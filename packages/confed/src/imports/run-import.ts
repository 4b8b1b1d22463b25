import { writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { systemFiles } from "@confed/config";
import {
  bmcsOfXcat,
  formatReportLine,
  hostSurroundings,
  ipmiConsole,
  type NativeFile,
  nativeFromConman,
  nativeFromConserver,
  nativeFromXcat,
  readConmanFile,
  readConserverFile,
  readXcatTables,
  reportOf,
  withNativeIpmi,
  writeNative,
  type XcatTables,
} from "@confed/conserver";
import { ConfedError, EXIT, isConsoleName } from "@confed/kernel";
import type { World } from "../world.ts";

export type ImportKind = "conserver" | "conman" | "xcat";

/** What commander makes of the options. */
export interface ImportFlags {
  readonly to?: string;
  readonly report?: true;
  readonly nativeIpmi?: true;
  /** Of xCAT's tables, for the BMCs of `cons/ipmi` in a conserver.cf. */
  readonly bmcs?: readonly string[];
}

/** Read, and print or write what it comes to. What has no counterpart is a comment, never a failure. */
export async function runImport(
  world: World,
  { kind, files }: { readonly kind: ImportKind; readonly files: readonly string[] },
  flags: ImportFlags,
): Promise<number> {
  const [file = ""] = files;
  const { to, report } = flags;
  if (kind === "conserver" && report === true) {
    const conserver = await readConserverFile(file, hostSurroundings()).catch(asFileError(file));
    world.stdout.write(
      reportOf(conserver)
        .map((line) => `${formatReportLine(line)}\n`)
        .join(""),
    );
    return EXIT.ok;
  }
  const native = await readNative(world, kind, files, flags);
  const text = writeNative(native, agentId());
  if (to === undefined) {
    world.stdout.write(text);
    return EXIT.ok;
  }
  // Somebody may have worked on it since it was imported last.
  await writeFile(to, text, { flag: "wx", mode: 0o640 }).catch((reason: unknown) => {
    if ((reason as NodeJS.ErrnoException).code !== "EEXIST") return asFileError(to)(reason);
    throw new ConfedError("conflict", `${to} is there already`, {
      hint: "move it away, or name another file",
    });
  });
  const consoles = native.entries.filter((entry) => entry.console !== undefined).length;
  const left = native.entries.length - consoles;
  const ipmi = native.entries.filter((entry) => entry.console?.transport === "ipmi").length;
  const counts = [
    consoles === 1 ? "1 console" : `${consoles} consoles`,
    ...(flags.nativeIpmi === true ? [`${ipmi} of them native ipmi`] : []),
    ...(left === 0 ? [] : [`${left} left out with a comment`]),
  ];
  world.stdout.write(`${to}: written, ${counts.join(", ")}\n`);
  return EXIT.ok;
}

async function readNative(
  world: World,
  kind: ImportKind,
  files: readonly string[],
  { nativeIpmi, bmcs = [] }: ImportFlags,
): Promise<NativeFile> {
  const [file = ""] = files;
  const toBmc = nativeIpmi === true ? ipmiConsole : undefined;
  switch (kind) {
    case "conserver": {
      const surroundings = hostSurroundings();
      const conserver = await readConserverFile(file, surroundings).catch(asFileError(file));
      const native = nativeFromConserver(file, conserver, (host) => surroundings.isMe(host), { toBmc });
      return nativeIpmi === true ? withNativeIpmi(native, bmcsOfXcat(await xcatTables(world, bmcs))) : native;
    }
    case "conman": {
      const native = nativeFromConman(file, readConmanFile(file, await textOf(world, file)), toBmc);
      return nativeIpmi === true ? withNativeIpmi(native, bmcsOfXcat(await xcatTables(world, bmcs))) : native;
    }
    case "xcat": {
      const tables = await xcatTables(world, files);
      const native = nativeFromXcat(files.join(", "), tables);
      return nativeIpmi === true ? withNativeIpmi(native, bmcsOfXcat(tables)) : native;
    }
  }
}

async function xcatTables(world: World, files: readonly string[]): Promise<XcatTables> {
  const texts = files.map(async (each) => ({ file: each, text: await textOf(world, each) }));
  return readXcatTables(await Promise.all(texts));
}

async function textOf({ stdin }: World, file: string): Promise<string> {
  if (file !== "-")
    return Buffer.from(await systemFiles.read(file).catch(asFileError(file))).toString("utf8");
  const parts: Buffer[] = [];
  for await (const part of stdin) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString("utf8");
}

/** The agent of this host, by its short name. */
function agentId(): string {
  const [short = ""] = hostname().split(".");
  return isConsoleName(short) ? short : "agent";
}

function asFileError(file: string): (reason: unknown) => never {
  return (reason) => {
    const { code, rawMessage } = ConfedError.from(reason);
    throw new ConfedError(code, rawMessage, { subject: file, cause: reason });
  };
}
