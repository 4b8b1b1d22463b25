import { expect, test } from "vitest";
import { parseConserverFlags, reinitcheckS } from "./conserver-flags.ts";

test("the arguments of xCAT's and of others' starts are understood as getopt(3) does", () => {
  const xcat = parseConserverFlags(["-o", "-O1", "-d"]);
  expect([...xcat.counts.keys()]).toEqual(["o", "O", "d"]);
  expect(xcat.values.get("O")).toBe("1");
  const other = parseConserverFlags(
    "-M 127.0.0.1 -p 7777 -vSS -CFILE -P FILE -m 32 --anonymous-tls".split(" "),
  );
  expect(Object.fromEntries(other.values)).toEqual({
    M: "127.0.0.1",
    p: "7777",
    C: "FILE",
    P: "FILE",
    m: "32",
  });
  expect(other.counts.get("S")).toBe(2);
  expect(other.anonymousTls).toBe(true);
});

test.each([
  [["-x"], "conserver has no option -x"],
  [["-oq"], "conserver has no option -q"],
  [["file"], "conserver has no option file"],
  [["-C"], "-C needs a value"],
])("%j is refused in words", (args, message) => {
  expect(() => parseConserverFlags(args)).toThrow(message);
});

test.each([
  [["-O", "1"], 60],
  [["-O90"], 5_400],
  // As atoi(3) has it; where it comes to nothing the file's reinitcheck counts.
  [["-O", "2x"], 120],
  [["-O", "0"], undefined],
  [["-O", "x"], undefined],
  [[], undefined],
])("of %j consoles that were taken down come up after %s seconds", (args, seconds) => {
  expect(reinitcheckS(parseConserverFlags(args))).toBe(seconds);
});
