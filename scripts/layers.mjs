// @ts-check
/**
 * Who may import whom. This table is the architecture; the tools only read it.
 * A package may always import itself. `testkit` may be imported from test files only.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const MAY_IMPORT = {
  kernel: [],
  codecs: ["kernel"],
  config: ["kernel"],
  trust: ["kernel"],
  wire: ["kernel"],
  transports: ["kernel", "codecs"],
  agent: ["kernel", "codecs", "config", "wire", "trust", "transports"],
  head: ["kernel", "codecs", "config", "wire", "trust"],
  rcons: ["kernel", "codecs", "config", "wire", "trust"],
  simulator: ["kernel", "codecs", "wire", "trust"],
  conserver: ["kernel", "codecs", "config"],
  confed: [
    "kernel",
    "codecs",
    "config",
    "wire",
    "trust",
    "transports",
    "agent",
    "head",
    "rcons",
    "simulator",
    "conserver",
  ],
  testkit: [
    "kernel",
    "codecs",
    "config",
    "wire",
    "trust",
    "transports",
    "agent",
    "head",
    "rcons",
    "simulator",
    "conserver",
    "confed",
  ],
};

/**
 * Third-party packages and Node modules that belong to one place only.
 *
 * @type {readonly { readonly module: string; readonly onlyIn: readonly string[]; readonly because: string }[]}
 */
export const OWNED_MODULES = [
  {
    module: "@grpc/",
    onlyIn: ["packages/wire/"],
    because: "wire owns the contract; nobody else speaks gRPC",
  },
  { module: "winston", onlyIn: ["packages/confed/"], because: "others are given a four-method Logger" },
  {
    module: "@peculiar/x509",
    onlyIn: ["packages/trust/src/certificates/"],
    because: "certificates are made and read in one place",
  },
  {
    module: "better-sqlite3",
    onlyIn: ["packages/head/src/store/"],
    because: "native and blocking: only the store process may wait for a disk",
  },
  {
    module: "@node-rs/argon2",
    onlyIn: ["packages/head/src/users/"],
    because: "passwords are checked in one place",
  },
  {
    module: "ssh2",
    onlyIn: ["packages/transports/src/ssh/", "packages/simulator/"],
    because: "one transport, one simulated server",
  },
  {
    module: "node-pty",
    onlyIn: ["packages/transports/src/exec/"],
    because: "one transport owns the trap of lost tails",
  },
  {
    module: "serialport",
    onlyIn: ["packages/transports/src/serial/"],
    because: "optional and native: loaded lazily in one place",
  },
];

/**
 * The folders of packages/transports/src that hold one way to reach a console each. None imports
 * another; what they share lies beside them.
 */
export const TRANSPORT_FOLDERS = ["tcp", "telnet", "unix", "exec", "ssh", "serial", "ipmi", "memory"];
