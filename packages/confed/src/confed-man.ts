import { renderMan } from "@confed/rcons";
import { buildProgram } from "./program.ts";
import { VERSION } from "./version.ts";

/** confed.1. */
export function confedMan(): string {
  return renderMan(
    buildProgram(async () => undefined),
    {
      source: `confed ${VERSION}`,
      sections: [
        {
          title: "Environment",
          paragraphs: [
            "CONFED_CONFIG names the configuration, as --config does.",
            "CONFED_HEAD names the heads that confed status asks, as --head does.",
          ],
        },
        { title: "See also", paragraphs: ["rcons(1)"] },
      ],
    },
  );
}
