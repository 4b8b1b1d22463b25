import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadHeadConfig } from "@confed/config";
import { ConfedError, EXIT } from "@confed/kernel";
import { parseCertificate, pinOf } from "@confed/trust";
import { loadOrSay } from "../process/load-or-say.ts";
import { configPathOf } from "../process/run-daemon.ts";
import type { World } from "../world.ts";

/** `confed ca show`: the pin by which people and machines know the cluster, of the head with the authority or an enrolled one. */
export async function runCaShow(world: World, flags: { readonly config?: string }): Promise<number> {
  const config = await loadOrSay(loadHeadConfig(configPathOf(flags.config, world.env)), world.stderr);
  if (config === undefined) return EXIT.usage;
  const { stateDir } = config.head;
  const path = ["authority", "identity"]
    .map((place) => join(stateDir, place, "machines.pem"))
    .find((file) => existsSync(file));
  if (path === undefined) {
    throw new ConfedError("not_found", "this head belongs to no cluster yet", {
      subject: stateDir,
      hint: "confed ca init makes one; so does the first start of a head that needs TLS",
    });
  }
  const pem = readFileSync(path, "utf8");
  world.stdout.write(`pin ${pinOf(parseCertificate(pem, path))}\n${pem}`);
  return EXIT.ok;
}
