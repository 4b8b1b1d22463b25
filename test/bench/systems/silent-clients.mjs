// Usage: node silent-clients.mjs HOST PORT COUNT SOURCES
// Clients that never say anything whole: a third is silent, a third drips a TLS record and a third HTTP/2's
// preface, a byte a second. They come from SOURCES addresses of 127.1.0.0/16, all at once when told "begin" on
// a line, and come again when they are hung up on. Answers each line with a line of JSON.
import { connect } from "node:net";
import { createInterface } from "node:readline";

const [host, port, count, sources] = process.argv.slice(2);
const DRIPS = [
  undefined,
  Buffer.concat([Buffer.from([22, 3, 1, 64, 0]), Buffer.alloc(16_384, 1)]),
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
];
const DRIP_MS = 1_000;
/** As quick as a client that means harm would be, without doing nothing else. */
const AGAIN_MS = 50;

let opened = 0;
let open = 0;
const clients = new Set();

function come(index) {
  const source = index % Number(sources);
  const localAddress = `127.1.${Math.floor(source / 250)}.${(source % 250) + 1}`;
  const drip = DRIPS[index % DRIPS.length];
  const socket = connect({ host, port: Number(port), localAddress, noDelay: true });
  const client = { socket, drip, sent: 0 };
  socket.on("error", () => {});
  socket.once("connect", () => {
    opened += 1;
    open += 1;
    clients.add(client);
    socket.once("close", () => {
      open -= 1;
    });
  });
  socket.once("close", () => {
    clients.delete(client);
    setTimeout(() => come(index), AGAIN_MS);
  });
}

setInterval(() => {
  for (const client of clients) {
    if (client.drip === undefined || client.sent >= client.drip.length) continue;
    client.socket.write(client.drip.subarray(client.sent, client.sent + 1));
    client.sent += 1;
  }
}, DRIP_MS);

createInterface(process.stdin)
  .on("line", (line) => {
    if (line === "begin") for (let index = 0; index < Number(count); index += 1) come(index);
    process.stdout.write(`${JSON.stringify({ opened, open })}\n`);
  })
  .on("close", () => process.exit());
