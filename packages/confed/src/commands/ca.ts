import { withExamples, withSection } from "@confed/rcons";
import type { Command } from "commander";
import type { CaInitFlags } from "../enrolment/run-ca-init.ts";
import type { Launch } from "./launch.ts";

/** `confed ca`: the authorities of a cluster. */
export function defineCa(program: Command, launch: Launch): Command {
  const command = program
    .command("ca")
    .description("the authorities that sign the certificates of a cluster");
  const init = command
    .command("init")
    .description("make them, at the one head that shall have them")
    .option("-c, --config <file>", "of the head (CONFED_CONFIG)")
    .option("--cluster <name>", "as it stands in every certificate (confed)")
    .action(async (flags: CaInitFlags) => {
      await launch(async (world) => {
        const { runCaInit } = await import("../enrolment/run-ca-init.ts");
        return runCaInit(world, flags);
      });
    });
  const show = command
    .command("show")
    .description("the pin by which people and machines know the cluster, and the certificate of its machines")
    .option("-c, --config <file>", "of the head (CONFED_CONFIG)")
    .action(async (flags: { readonly config?: string }) => {
      await launch(async (world) => {
        const { runCaShow } = await import("../enrolment/run-ca-show.ts");
        return runCaShow(world, flags);
      });
    });
  withExamples(show, [{ line: "confed ca show", does: "then rcons --head HOST login --pin PIN" }]);
  withSection(init, {
    title: "What happens",
    lines: [
      "Two authorities, one for heads and agents and one for users, are made in authority/ of the head's",
      "state directory. A head that needs TLS makes them at its first start by itself. Their keys never",
      "leave that directory: further heads are enrolled (`confed head enroll`), as agents are.",
    ],
  });
  return withExamples(init, [
    { line: "confed ca init --config /etc/confed/head.yaml --cluster hpc1", does: "once" },
  ]);
}
