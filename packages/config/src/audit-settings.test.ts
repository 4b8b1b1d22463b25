import { expect, test } from "vitest";
import { DEFAULT_AUDIT, formatForwardTarget } from "./audit-schema.ts";
import { formatFault } from "./fault.ts";
import { checkConfig } from "./load-config.ts";

async function check(audit: string) {
  const text = `agent: { id: sn01, state: /var/lib/confed }\n${audit}\n`;
  const read = (path: string) =>
    path === "/etc/confed/c.yaml"
      ? Promise.resolve(new TextEncoder().encode(text))
      : Promise.reject(Object.assign(new Error("ENOENT"), { code: "ENOENT" }));
  return checkConfig("/etc/confed/c.yaml", { files: { read, list: () => Promise.resolve([]) } });
}

test("an audit is kept with the defaults when nothing is said of it", async () => {
  expect((await check("")).ok?.audit).toEqual(DEFAULT_AUDIT);
});

test("where, how strictly, to whom and how much is read", async () => {
  const { ok } = await check(
    'audit: { dir: /srv/audit, policy: strict, consoles: "rack=r1", rotate: { size: "1MiB" }, keep: { age: "365d", count: 9 },\n  forward: ["syslog://log1", "syslog+udp://[::1]:5514"] }',
  );
  expect(ok?.audit).toEqual({
    dir: "/srv/audit",
    policy: "strict",
    consoles: "rack=r1",
    rotateSizeBytes: 1024 ** 2,
    keep: { ageMs: 365 * 86_400_000, count: 9 },
    forward: [
      { host: "log1", port: 514, over: "tcp" },
      { host: "::1", port: 5514, over: "udp" },
    ],
  });
  expect(ok?.audit.forward.map(formatForwardTarget)).toEqual([
    "syslog+tcp://log1:514",
    "syslog+udp://[::1]:5514",
  ]);
});

test.each([
  [
    "{ policy: strikt }",
    'audit.policy must be one of best-effort, strict, not "strikt" (did you mean "strict"?)',
  ],
  ['{ consoles: "n1" }', "audit.consoles means nothing without policy: strict"],
  ['{ policy: strict, consoles: "n[1-" }', "audit.consoles: column "],
  [
    '{ forward: ["log1:514"] }',
    'audit.forward[0] must be a receiver of syslog, not "log1:514" (like "syslog://loghost:514" (TCP) or "syslog+udp://loghost:514")',
  ],
  ['{ forward: ["syslog://log1:99999"] }', "audit.forward[0]: "],
  ["{ dir: audit }", 'audit.dir must be an absolute path, not "audit" (begin with /)'],
  ["{ dri: /srv }", 'unknown key "dri" in audit (did you mean "dir"?)'],
])("the fault of %s is named with what to write", async (audit, expected) => {
  const { faults } = await check(`audit: ${audit}`);
  expect((faults ?? []).map(formatFault).join("\n")).toContain(expected);
});
