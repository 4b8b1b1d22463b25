import { expect, test } from "vitest";
import { ERROR_CODES } from "./errors.ts";
import { EXIT_CODE_OF } from "./exit-code.ts";

test("every error code has an exit code that is not success", () => {
  expect(Object.keys(EXIT_CODE_OF).sort()).toEqual([...ERROR_CODES].sort());
  for (const code of ERROR_CODES) expect(EXIT_CODE_OF[code], code).toBeGreaterThan(0);
});

test("the numbers that scripts depend on are the documented ones", () => {
  expect(EXIT_CODE_OF).toMatchObject({
    internal: 1,
    invalid_argument: 2,
    not_found: 3,
    permission_denied: 4,
    console_busy: 5,
    console_down: 6,
    agent_unreachable: 7,
    head_unreachable: 8,
    deadline_exceeded: 9,
    conflict: 10,
    resource_exhausted: 11,
    canceled: 130,
  });
});
