import type { ConserverSettings } from "@confed/config";
import type { PasswordSource } from "@confed/head/pam";
import { type Clock, ConfedError } from "@confed/kernel";

/**
 * Whether a password is that of a user of this host: PAM's, which is loaded when it is first needed. Rejects where settings do not
 * say how to ask, and where PAM gives no answer: then nobody is let in.
 */
export function hostUsers(
  { pam }: Pick<ConserverSettings, "pam">,
  clock: Clock,
): (user: string, password: string) => Promise<boolean> {
  let source: PasswordSource | undefined;
  return async (user, password) => {
    if (pam === undefined)
      throw new ConfedError(
        "failed_precondition",
        `nothing says how to ask for users of this host (${user})`,
        {
          subject: "conserver.pam",
          hint: "conserver: { pam: { program: /usr/lib/confed/confed-pam } }, or a password in the file instead of *passwd*",
        },
      );
    const { pamSource } = await import("@confed/head/pam");
    source ??= pamSource({ ...pam, clock });
    return (await source.check(user, password)) !== undefined;
  };
}
