import { buildProgram } from "../program.ts";
import { VERSION } from "../version.ts";
import { renderMan } from "./render-man.ts";

/** rcons.1. */
export function rconsMan(): string {
  return renderMan(
    buildProgram(async () => undefined),
    {
      source: `confed ${VERSION}`,
      sections: [
        {
          title: "Environment",
          paragraphs: [
            "CONFED_HEAD names the heads to ask, as --head does.",
            "NO_COLOR, if set to anything, keeps lines of rcons uncoloured.",
          ],
        },
        { title: "See also", paragraphs: ["confed(1)"] },
      ],
    },
  );
}
