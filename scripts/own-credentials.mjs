// @ts-check
// Runs in the process of each test file. Its programs never find, or change, what the person who runs the tests
// knows of heads, nor what another file's programs have learnt: a port may be another head's by then.
import { tmpdir } from "node:os";
import { join } from "node:path";

process.env["CONFED_CREDENTIALS"] = join(tmpdir(), `confed-test-${process.pid}`, "credentials.json");
