export { confedMan } from "./confed-man.ts";
export { buildProgram } from "./program.ts";
