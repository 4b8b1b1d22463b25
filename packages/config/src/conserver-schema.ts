import { z } from "zod";
import { PLAIN_FROM } from "./conserver-settings.ts";
import { pamSchema } from "./pam-schema.ts";
import { absolutePath, line, listenAddress, name, network, refuse, word } from "./scalar-schema.ts";

/** The port that conserver has by convention. */
export const CONSERVER_PORT = 782;

const common = {
  file: absolutePath.optional(),
  listen: z.array(listenAddress(CONSERVER_PORT)).min(1).optional(),
  passwords: absolutePath.optional(),
  pam: pamSchema("conserver").optional(),
  trusted: z.array(network).default([]),
  allowed: z.array(network).default([]),
  admins: z.array(line).default([]),
  certificate: absolutePath.optional(),
  clientAuthorities: absolutePath.optional(),
  anonymousTls: z.boolean().default(false),
  plain: z.enum(PLAIN_FROM).default("loopback"),
};

/** As an agent has it. */
export const agentConserver = z
  .strictObject({ ...common, masters: z.array(word).optional() })
  .check(({ value, issues }) => {
    checkTogether(value, issues);
  })
  .transform(({ listen = [], ...rest }) => ({ ...rest, listen, redirect: [] }));

/** As a head has it. */
export const headConserver = z
  .strictObject({
    ...common,
    redirect: z.array(network).default([]),
    masters: z.record(word, name("agent")).optional(),
    exec: line.optional(),
  })
  .check(({ value, issues }) => {
    checkTogether(value, issues);
  })
  .transform(({ listen = [], ...rest }) => ({ ...rest, listen }));

type Common = z.output<z.ZodObject<typeof common>>;

function checkTogether(value: Common, issues: Parameters<typeof refuse>[0]): void {
  const { file, listen, trusted, allowed, passwords, certificate, anonymousTls, clientAuthorities } = value;
  const fault = (key: keyof Common, message: string, hint: string) => {
    refuse(issues, value[key], message, { path: [key], hint, whole: true });
  };
  if (listen === undefined && file === undefined)
    refuse(issues, value, "does nothing", {
      hint: "add listen: [ADDRESS], file: /etc/conserver.cf, or both",
    });
  if (listen !== undefined && file === undefined && trusted.length === 0 && allowed.length === 0)
    refuse(issues, value, "lets nobody in", {
      hint: 'add trusted: ["127.0.0.1"], allowed: ["10.0.0.0/8"] with passwords, or file: /etc/conserver.cf',
    });
  if (allowed.length > 0 && passwords === undefined && file === undefined)
    fault("allowed", "allowed means nothing without passwords", "add passwords: /etc/conserver.passwd");
  if (anonymousTls && certificate !== undefined)
    fault("anonymousTls", "anonymousTls means nothing with a certificate", "take one of them out");
  if (anonymousTls && clientAuthorities !== undefined)
    fault(
      "anonymousTls",
      "anonymousTls and clientAuthorities exclude each other",
      "give a certificate instead",
    );
}
