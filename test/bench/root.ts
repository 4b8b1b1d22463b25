import { fileURLToPath } from "node:url";

// The same from here as from .cache/bench/, where the bundle lies.
/** The checkout, with a slash at its end. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
