import { withExamples } from "@confed/rcons";
import type { Command } from "commander";
import type { AuditShowFlags } from "../audit/cli/run-audit-show.ts";
import type { AuditVerifyFlags } from "../audit/cli/run-audit-verify.ts";
import type { Launch } from "./launch.ts";

/** `confed audit`: the records of who did what, of an agent or a head of this host. */
export function defineAudit(program: Command, launch: Launch): Command {
  const audit = program.command("audit").description("read and prove the records of who did what");
  const show = audit
    .command("show")
    .description("print records, oldest first")
    .argument("[place]", "a directory or a file of records (those of --config)")
    .option("-c, --config <file>", "of the agent or head (CONFED_CONFIG)")
    .option("--since <time>", "30m, 12h, 7d, or 2026-01-31T08:00:00Z")
    .option("--user <subject>", "what this user did")
    .option("--console <selection>", "what was done to these consoles; names and ranges")
    .option("--event <name>", "of this kind, by name or code: attach.start, RC1001I")
    .option("--json", "the records as they were written")
    .action(async (place: string | undefined, flags: AuditShowFlags) => {
      await launch(async (world) => {
        const { runAuditShow } = await import("../audit/cli/run-audit-show.ts");
        return runAuditShow(world, place, flags);
      });
    });
  withExamples(show, [
    { line: "confed audit show --config /etc/confed/agent.yaml --since 12h", does: "since last night" },
    { line: "confed audit show /var/lib/confed/audit --user alice --console n[1-9]", does: "what she did" },
  ]);
  const verify = audit
    .command("verify")
    .description("prove that records are what was written: nothing changed, removed or put in between")
    .argument("[place]", "a directory or a file of records (those of --config)")
    .option("-c, --config <file>", "of the agent or head (CONFED_CONFIG)")
    .option("--key <file>", "believe only this key's checkpoints, not those of keys beside the records")
    .option("--json", "a line of JSON a chain")
    .action(async (place: string | undefined, flags: AuditVerifyFlags) => {
      await launch(async (world) => {
        const { runAuditVerify } = await import("../audit/cli/run-audit-verify.ts");
        return runAuditVerify(world, place, flags);
      });
    });
  withExamples(verify, [
    {
      line: "confed audit verify --config /etc/confed/agent.yaml",
      does: "exit status 1 if anything is not as it was written",
    },
    { line: "confed audit verify /mnt/evidence/audit --key /root/audit-key.pem", does: "a copy, elsewhere" },
  ]);
  return audit;
}
