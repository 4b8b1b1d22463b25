export * from "./policy/index.ts";
export * from "./ticket/index.ts";
