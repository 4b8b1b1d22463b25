// @ts-check
// The least that a Node program can do with consoles: read, and append to a file for each. One buffer
// for all sockets, one descriptor a file, nothing else. Arguments: a file of {name, host, port} a line
// and the directory for the logs.
import { openSync, readFileSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

const [table = "", logs = ""] = process.argv.slice(2);
const buffer = Buffer.alloc(64 * 1024);

for (const line of readFileSync(table, "utf8").trim().split("\n")) {
  const { name, host, port } = JSON.parse(line);
  const fd = openSync(join(logs, `${name}.log`), "a");
  const socket = connect({
    host,
    port,
    onread: {
      buffer,
      callback: (count) => {
        writeSync(fd, buffer, 0, count);
        return true;
      },
    },
  });
  socket.on("error", (error) => {
    process.stderr.write(`${name}: ${error.message}\n`);
    process.exit(1);
  });
}
process.on("SIGTERM", () => process.exit(0));
