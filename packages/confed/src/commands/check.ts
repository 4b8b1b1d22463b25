import { EXIT } from "@confed/kernel";
import { withExamples } from "@confed/rcons";
import type { Command } from "commander";
import type { World } from "../world.ts";
import type { Launch } from "./launch.ts";

/** `confed check`: every fault of a configuration at once. */
export function defineCheck(program: Command, launch: Launch): Command {
  const command = program
    .command("check")
    .description("look at a configuration and all it includes; every fault with file:line:col and a hint")
    .argument("[file]", "of a head, an agent, or a table of consoles (CONFED_CONFIG)")
    .action(async (file: string | undefined) => {
      await launch((world) => runCheck(world, file));
    });
  return withExamples(command, [
    { line: "confed check /etc/confed/agent.yaml", does: "exit status 2 if there is any fault" },
    { line: "confed check consoles.d/rack1.jsonl", does: "a table that others include" },
  ]);
}

async function runCheck({ stdout, stderr, env, clock }: World, file: string | undefined): Promise<number> {
  const [
    { checkConfig, formatFault },
    { faultLines },
    { configPathOf },
    { describeConfig },
    { conserverFile },
  ] = await Promise.all([
    import("@confed/config"),
    import("../process/load-or-say.ts"),
    import("../process/run-daemon.ts"),
    import("./describe-config.ts"),
    import("../conserver/conserver-file.ts"),
  ]);
  const path = configPathOf(file, env);
  const checked = await checkConfig(path, { conserver: conserverFile(clock).read });
  if (checked.ok === undefined) {
    stderr.write(faultLines(checked.faults));
    return EXIT.usage;
  }
  for (const remark of checked.ok.remarks) stdout.write(`note: ${formatFault(remark)}\n`);
  stdout.write(`${path}: OK: ${describeConfig(checked.ok)}\n`);
  return EXIT.ok;
}
