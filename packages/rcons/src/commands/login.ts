import type { Command } from "commander";
import { withExamples, withSection } from "../examples.ts";
import { targetsOf } from "../route/targets.ts";
import type { LoginFlags } from "../users/run-login.ts";
import { type Launch, targetOptionsOf } from "./launch.ts";

/** `rcons login`. */
export function defineLogin(program: Command, launch: Launch): Command {
  const command = program
    .command("login")
    .description("say who you are to a head, once for 12 hours")
    .argument("[user]", "name of the user; without it, your certificate, or the name that you have here")
    .option(
      "--pin <pin>",
      "what `confed ca show` says at the head; needed for a head that was never logged in at",
    )
    .option("--ca <file>", "the authority of the cluster instead: machines.pem (CONFED_CA)")
    .option("--token", "an API token instead of a password")
    .action(async (user: string | undefined, flags: Omit<LoginFlags, "user">, self: Command) => {
      await launch(async (world) => {
        const targets = targetsOf(targetOptionsOf(self), world.env);
        const { runLogin } = await import("../users/run-login.ts");
        return runLogin(world, targets, { ...flags, user });
      });
    });
  withSection(command, {
    title: "What is kept",
    lines: [
      "What the head gives is kept in confed/credentials.json in your XDG_STATE_HOME (~/.local/state), or the",
      "file CONFED_CREDENTIALS, readable to you alone, and renewed as long as you use it, for 12 hours.",
      "With ~/.xcat/client-cred.pem, or the file CONFED_CERT, that certificate is shown, and no user is needed.",
      "The password or token is read from standard input where that is no terminal.",
    ],
  });
  return withExamples(command, [
    { line: "rcons --head mgmt login anna", does: "asks for the password" },
    { line: "rcons login < password-file", does: "at the head of this host, by the name that you have here" },
  ]);
}

/** `rcons logout`. */
export function defineLogout(program: Command, launch: Launch): Command {
  const command = program
    .command("logout")
    .description("end a log-in, here and at the head")
    .option("--forget", "also which cluster the head belongs to: it does without TLS now, say")
    .action(async (flags: { readonly forget?: true }, self: Command) => {
      await launch(async (world) => {
        const targets = targetsOf(targetOptionsOf(self), world.env);
        const { runLogout } = await import("../users/run-logout.ts");
        return runLogout(world, targets, flags);
      });
    });
  return withExamples(command, [
    { line: "rcons --head mgmt logout", does: "what it gave is void from then on" },
  ]);
}
