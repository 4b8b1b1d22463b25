import { withExamples } from "@confed/rcons";
import type { Command } from "commander";
import type { EnrollFlags } from "../enrolment/run-enroll.ts";
import type { MachineKind } from "../enrolment/run-machines.ts";
import type { HeadFlags } from "../process/ask-head.ts";
import type { Launch } from "./launch.ts";

const CONFIG = ["-c, --config <file>", "of the head of this host (CONFED_CONFIG)"] as const;

/** `confed agent enroll|ls|approve|unlock|revoke`, and the same of `confed head`. */
export function defineMachineEnrolment(parent: Command, kind: MachineKind, launch: Launch): void {
  const enroll = parent
    .command("enroll")
    .description(`make this host a machine of a cluster, by a token for this ${kind}`)
    .requiredOption("--head <address>", "host:port of the head with the authority")
    .requiredOption("--token <token>", "as `confed token create` printed it; @FILE: in that file")
    .option("--key <file>", "a private key, PEM, that the token is bound to; without it, one is made here")
    .option("-c, --config <file>", `of this ${kind} (CONFED_CONFIG)`)
    .action(async (flags: EnrollFlags) => {
      await launch(async (world) => {
        const { runEnroll } = await import("../enrolment/run-enroll.ts");
        return runEnroll(world, kind, flags);
      });
    });
  withExamples(enroll, [
    {
      line: `confed ${kind} enroll --head mn1 --token @/run/token --config /etc/confed/${kind}.yaml`,
      does: "before its first start",
    },
  ]);
  parent
    .command("ls")
    .description(`${kind}s that are enrolled, and those that wait for approval`)
    .option("--json", "as one line of JSON")
    .option(...CONFIG)
    .action(async (flags: HeadFlags & { readonly json?: true }) => {
      await launch(async (world) => {
        const { runMachineList } = await import("../enrolment/run-machines.ts");
        return runMachineList(world, kind, flags);
      });
    });
  parent
    .command("approve")
    .description(`let the ${kind} with this fingerprint have its certificate`)
    .argument("<name>")
    .argument("<fingerprint>")
    .option(...CONFIG)
    .action(async (id: string, fingerprint: string, flags: HeadFlags) => {
      await launch(async (world) => {
        const { runApprove } = await import("../enrolment/run-machines.ts");
        return runApprove(world, { kind, id, fingerprint }, flags);
      });
    });
  parent
    .command("unlock")
    .description(`let ${kind === "head" ? "a head" : "an agent"} come again whose identity was copied`)
    .argument("<name>")
    .option(...CONFIG)
    .action(async (id: string, flags: HeadFlags) => {
      await launch(async (world) => {
        const { runUnlock } = await import("../enrolment/run-machines.ts");
        return runUnlock(world, kind, id, flags);
      });
    });
  parent
    .command("revoke")
    .description(`make the certificate of ${kind === "head" ? "a head" : "an agent"} worthless, now`)
    .argument("<name>")
    .option(...CONFIG)
    .action(async (id: string, flags: HeadFlags) => {
      await launch(async (world) => {
        const { runRevoke } = await import("../enrolment/run-machines.ts");
        return runRevoke(world, kind, id, flags);
      });
    });
}
