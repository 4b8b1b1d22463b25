import { z } from "zod";
import { absolutePath, text } from "./scalar-schema.ts";

/** How the host's own users are asked for. */
export interface PamSettings {
  /** The helper: `packages/head/pam/confed-pam.c`, compiled. */
  readonly program: string;
  /** A file of /etc/pam.d. */
  readonly service: string;
}

/** `pam:` of a section whose service is called so unless another is named. */
export function pamSchema(service: string): z.ZodType<PamSettings> {
  return z.strictObject({
    program: absolutePath,
    service: text(
      "the name of a file in /etc/pam.d",
      (value) => /^[A-Za-z0-9_-]{1,64}$/.test(value),
      `like "${service}"`,
    ).default(service),
  });
}
