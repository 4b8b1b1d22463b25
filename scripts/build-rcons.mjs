// @ts-check
import { bundleProgram } from "./bundle-program.mjs";

// An attach without anybody who answers loads all that an attach needs: no head answers at port 1.
await bundleProgram({ name: "rcons", args: ["--head", "127.0.0.1:1", "n1"] });
