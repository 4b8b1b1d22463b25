import { expect, test } from "vitest";
import { formatFault } from "./fault.ts";
import { checkConfig } from "./load-config.ts";

async function check(section: "agent" | "head", conserver: string) {
  const id = section === "agent" ? "id: sn01, " : "";
  const text = `${section}: { ${id}state: /var/lib/confed, conserver: ${conserver} }\n`;
  const read = (path: string) =>
    path === "/etc/confed/c.yaml"
      ? Promise.resolve(new TextEncoder().encode(text))
      : Promise.reject(Object.assign(new Error("ENOENT"), { code: "ENOENT" }));
  return checkConfig("/etc/confed/c.yaml", { files: { read, list: () => Promise.resolve([]) } });
}

test("a gateway is encrypted beyond loopback, and lets nobody in, when nothing else is said", async () => {
  const { ok } = await check("agent", '{ listen: ["127.0.0.1", "[::1]:3109"], trusted: ["127.0.0.1"] }');
  expect(ok?.agent?.conserver).toMatchObject({
    listen: [
      { host: "127.0.0.1", port: 782 },
      { host: "::1", port: 3109 },
    ],
    anonymousTls: false,
    plain: "loopback",
    admins: [],
    allowed: [],
    redirect: [],
  });
  const head = await check(
    "head",
    '{ listen: ["0.0.0.0:0"], file: /etc/conserver.cf, redirect: ["10.0.0.0/8"] }',
  );
  expect(head.ok?.head?.conserver).toMatchObject({ file: "/etc/conserver.cf", redirect: ["10.0.0.0/8"] });
});

test.each([
  ['{ listen: ["127.0.0.1"] }', "agent.conserver lets nobody in"],
  ['{ listen: [], trusted: ["127.0.0.1"] }', "agent.conserver.listen"],
  ['{ listen: ["127.0.0.1:99999"], trusted: ["127.0.0.1"] }', "agent.conserver.listen[0]"],
  [
    '{ listen: ["127.0.0.1"], trusted: ["localhost"] }',
    "agent.conserver.trusted[0] must be an address or a network",
  ],
  ['{ listen: ["127.0.0.1"], allowed: ["10.0.0.0/8"] }', "allowed means nothing without passwords"],
  ['{ listen: ["127.0.0.1"], file: conserver.cf }', "agent.conserver.file must be an absolute path"],
  ['{ listen: ["127.0.0.1"], trusted: ["127.0.0.1"], plain: yes }', "agent.conserver.plain"],
  [
    '{ listen: ["127.0.0.1"], trusted: ["127.0.0.1"], anonymousTls: true, certificate: /a.pem }',
    "anonymousTls means nothing",
  ],
  [
    '{ listen: ["127.0.0.1"], trusted: ["127.0.0.1"], redirect: ["10.0.0.0/8"] }',
    'unknown key "redirect" in agent.conserver',
  ],
  [
    '{ listen: ["127.0.0.1"], truste: ["127.0.0.1"] }',
    'unknown key "truste" in agent.conserver (did you mean "trusted"?)',
  ],
])("the fault of %s is named with what to write", async (conserver, expected) => {
  const { faults } = await check("agent", conserver);
  expect((faults ?? []).map(formatFault).join("\n")).toContain(expected);
});
