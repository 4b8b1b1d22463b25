import type { Command } from "commander";
import type { Launch } from "./launch.ts";

/** `confed conserver`: conserver(8), its own arguments behind it. What /usr/sbin/conserver starts where this replaces it. */
export function defineConserver(program: Command, launch: Launch): Command {
  return program
    .command("conserver")
    .description("run an agent of one conserver.cf, with conserver's own arguments (-h lists them)")
    .argument("[arguments...]", "as conserver(8) has them")
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (args: readonly string[]) => {
      await launch(async (world) => {
        const { runConserver } = await import("../conserver/run-conserver.ts");
        return runConserver(world, args);
      });
    });
}
