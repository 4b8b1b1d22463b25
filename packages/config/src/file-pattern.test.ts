import { expect, test } from "vitest";
import { expandFilePattern } from "./file-pattern.ts";

const TREE: Readonly<Record<string, readonly string[]>> = {
  "/": ["c"],
  "/c": ["b.json", "a.yaml", ".h.yaml", "ab", "d1", "d2"],
  "/c/d1": ["x.yaml", "y.yml"],
  "/c/d2": ["x.yaml"],
};

const files = {
  read: () => Promise.reject(new Error("not asked for")),
  list: (directory: string) => {
    const names = TREE[directory];
    return names === undefined
      ? Promise.reject(Object.assign(new Error("none"), { code: "ENOTDIR" }))
      : Promise.resolve(names);
  },
};

test.each([
  ["/c/*.yaml", ["/c/a.yaml"]],
  ["/c/.*.yaml", ["/c/.h.yaml"]],
  ["/c/*.{yaml,json}", ["/c/a.yaml", "/c/b.json"]],
  ["/c/{b,a}.{yaml,json}", ["/c/a.yaml", "/c/b.json"]],
  ["/c/{a{b,c},d1/{x,z}.yaml}", ["/c/ab", "/c/d1/x.yaml"]],
  ["/*/d?/x.y*l", ["/c/d1/x.yaml", "/c/d2/x.yaml"]],
  ["/c/*/x.yaml", ["/c/d1/x.yaml", "/c/d2/x.yaml"]],
  ["/c/d1/{x,x}.yaml", ["/c/d1/x.yaml"]],
  ["/c/a?", ["/c/ab"]],
  ["/c/a*b*", ["/c/ab"]],
  ["/none/*", []],
  ["/c/a.yaml/*", []],
  ["/c/[ab]*", []],
  ["/c/*{", []],
])("the pattern %s names its files, sorted", async (pattern, found) => {
  expect(await expandFilePattern(pattern, files)).toEqual(found);
});

test("a pattern of many stars stays fast when nothing matches", async () => {
  const name = "a".repeat(255);
  const many = { ...files, list: () => Promise.resolve([name]) };
  expect(await expandFilePattern(`/${"*a".repeat(120)}b`, many)).toEqual([]);
});

test("a pattern is refused when it stands for too many names, or its directory may not be read", async () => {
  await expect(expandFilePattern(`/${"{a,b}".repeat(40)}`, files)).rejects.toThrow("more than 1000 names");
  const closed = {
    ...files,
    list: () => Promise.reject(Object.assign(new Error("EACCES: closed"), { code: "EACCES" })),
  };
  await expect(expandFilePattern("/c/*", closed)).rejects.toThrow("EACCES");
});
