import fc from "fast-check";
import { expect, test } from "vitest";
import type { ConfigFiles } from "./config-files.ts";
import { checkConfig } from "./load-config.ts";

// F29: configurations that are good but for one fault, which may be anywhere.

/** A line that is wrong, or makes another wrong, and what is said of it: where, and what to do. */
interface Broken {
  readonly line: (name: string) => string;
  readonly says: RegExp;
  readonly hint: RegExp | undefined;
}

const console = (name: string, more = "") =>
  `  - { name: ${name}, transport: tcp, host: h, port: 7001${more} }`;

const FAULTS: Readonly<Record<string, Broken>> = {
  syntax: { line: (name) => `  - { name: ${name}, transport: tcp`, says: /./, hint: undefined },
  unknownKey: {
    line: (name) => console(name, ", hots: x"),
    says: /unknown key "hots"/,
    hint: /did you mean "host"\?/,
  },
  unknownTransport: {
    line: (name) => `  - { name: ${name}, transport: tpc, host: h, port: 1 }`,
    says: /tpc/,
    hint: /tcp/,
  },
  duplicate: {
    line: () => console("c0"),
    says: /this name is taken by the console at /,
    hint: /take one of them away/,
  },
  wrongPort: {
    line: (name) => console(name).replace("7001", "70010"),
    says: /port must be a whole number/,
    hint: undefined,
  },
  badName: { line: () => console("../etc"), says: /name/, hint: undefined },
};

function filesOf(bytes: Uint8Array): ConfigFiles {
  const none = Object.assign(new Error("ENOENT"), { code: "ENOENT" });
  return {
    read: (path) => (path.endsWith("/c.yaml") ? Promise.resolve(bytes) : Promise.reject(none)),
    list: () => Promise.resolve([]),
  };
}

const check = (bytes: Uint8Array) => checkConfig("/etc/confed/c.yaml", { files: filesOf(bytes) });

const HEAD = ["agent: { id: sn01, state: /var/lib/confed }", "consoles:", console("c0")];

test("a fault is said with its line, its column and what to do, wherever it is among good lines", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(FAULTS)),
      fc.nat(30),
      fc.nat(30),
      fc.boolean(),
      async (kind, before, after, commented) => {
        const broken = FAULTS[kind];
        if (broken === undefined) return;
        const good = (from: number, count: number) =>
          Array.from(
            { length: count },
            (_, at) => `${console(`c${from + at}`)}${commented ? " # rack" : ""}`,
          );
        const lines = [...HEAD, ...good(1, before), broken.line("cx"), ...good(100, after)];
        const { ok, faults = [] } = await check(Buffer.from(`${lines.join("\n")}\n`));
        expect(ok).toBeUndefined();
        const [fault] = faults;
        const { file, line = 0, col = 0, message = "", hint } = fault ?? {};
        expect(file).toBe("/etc/confed/c.yaml");
        // What is not closed may be missed only where the next line begins.
        const at = HEAD.length + before + 1;
        expect(line).toBeGreaterThanOrEqual(at);
        expect(line).toBeLessThanOrEqual(kind === "syntax" ? at + 1 : at);
        expect(col).toBeGreaterThanOrEqual(1);
        expect(message).toMatch(broken.says);
        if (broken.hint !== undefined) expect(`${message} ${hint ?? ""}`).toMatch(broken.hint);
        if (kind !== "syntax") expect(faults).toHaveLength(1);
      },
    ),
    { numRuns: 200 },
  );
});

test("a configuration with a fault that is cut off anywhere is refused or whole, and never throws", async () => {
  for (const broken of Object.values(FAULTS)) {
    const bytes = Buffer.from(`${[...HEAD, broken.line("cx"), console("c2")].join("\n")}\n`);
    for (let end = 0; end <= bytes.length; end += 1) {
      const { ok, faults = [] } = await check(bytes.subarray(0, end));
      expect((ok === undefined) === faults.length > 0).toBe(true);
      for (const { line = 0, col = 0 } of faults) expect(Math.min(line, col)).toBeGreaterThanOrEqual(1);
    }
  }
});
