import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import { expect, onTestFinished, test } from "vitest";
import { conserverFile, type SaidOfAll } from "./conserver-file.ts";

const CONSOLE = 'console cat { master localhost; type exec; exec "cat"; ';

/** The keys of interest of what a file comes to. */
async function read(text: string, said?: SaidOfAll) {
  const directory = mkdtempSync(join(tmpdir(), "confed-conserver-file-"));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  const file = join(directory, "conserver.cf");
  writeFileSync(file, text);
  const { ok } = await conserverFile(systemClock, said).read({ role: "agent", settings: { file } });
  return ok?.entries.map(({ entry }) => {
    const { bringUpAfter, onDemand } = entry as SaidOfAll;
    return { bringUpAfter, onDemand };
  });
}

test("what the command line says of all consoles counts more than the file, which counts where it says nothing", async () => {
  const often = "config * { reinitcheck 5; }\n";
  expect(await read(`${CONSOLE}}`)).toEqual([{}]);
  expect(await read(`${often}${CONSOLE}}`)).toEqual([{ bringUpAfter: "300s" }]);
  expect(await read(`${often}${CONSOLE}}`, { bringUpAfter: "60s" })).toEqual([{ bringUpAfter: "60s" }]);
  expect(await read(`config * { reinitcheck 9999; }\n${CONSOLE}}`)).toEqual([{ bringUpAfter: "86400s" }]);
  // conserver leaves those to whoever attaches.
  expect(await read(`${often}${CONSOLE}options ondemand; }`)).toEqual([{ onDemand: true }]);
  expect(await read(`${CONSOLE}}`, { onDemand: true })).toEqual([{ onDemand: true }]);
});
