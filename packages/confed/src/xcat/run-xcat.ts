import { resolve } from "node:path";
import { EXIT } from "@confed/kernel";
import type { World } from "../world.ts";

/** What commander makes of the options. */
export interface XcatFlags {
  readonly root: string;
}

/** `confed xcat install|remove|check`. */
export async function runXcat(
  { stdout }: World,
  action: "install" | "remove" | "check",
  { root }: XcatFlags,
): Promise<number> {
  const [{ installXcat, removeXcat }, { checkXcat }] = await Promise.all([
    import("./installation.ts"),
    import("./check-xcat.ts"),
  ]);
  const say = (line: string) => stdout.write(`${line}\n`);
  const below = resolve(root);
  switch (action) {
    case "install":
      installXcat(below, say);
      say("next: systemctl daemon-reload; systemctl enable --now conserver; confed xcat check");
      return EXIT.ok;
    case "remove":
      return removeXcat(below, say) ? EXIT.ok : EXIT.generic;
    case "check": {
      const lines = await checkXcat(below);
      for (const { what, wrong, mend } of lines)
        say(wrong === undefined ? `ok     ${what}` : `WRONG  ${what}: ${wrong}\n       mend: ${mend ?? ""}`);
      return lines.every(({ wrong }) => wrong === undefined) ? EXIT.ok : EXIT.generic;
    }
  }
}
