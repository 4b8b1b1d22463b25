import { execFileSync } from "node:child_process";
import { onTestFinished } from "vitest";
import { type Dropped, dropRule } from "./drop-rule.ts";

/** A host of a {@link TestNetwork}: a network namespace with one interface. */
export interface NetworkHost {
  readonly name: string;
  readonly address: string;
  /** Put in front of a command that is to run there. */
  readonly wrapper: readonly string[];
}

/** Ends a fault. Idempotent. */
export type Heal = () => void;

/** Of a line of so many kbit/s: what waits in front of it at most, in its one queue. */
const SLOW_LINE_QUEUE_MS = 250;
/** A packet of 1,500 bytes must fit. */
const SLOW_LINE_BYTES_MIN = 2_000;

let networks = 0;

/**
 * Hosts at one switch, each in a network namespace of its own, with nothing else in reach; for one test. Unix sockets and
 * files they share with everybody. What is dropped is dropped without a word: no reset, no "unreachable". Needs what
 * `skippedWithoutNetwork` asks for.
 */
export class TestNetwork {
  readonly #prefix = `confed-${process.pid}-${(networks += 1)}`;
  readonly #hosts: NetworkHost[] = [];
  #rules = 0;

  constructor() {
    this.#addNamespace("switch");
    this.#in("switch", "ip link add name switch type bridge");
    this.#in("switch", "ip link set switch up");
    onTestFinished(() => {
      // Interfaces go with their namespaces.
      for (const name of ["switch", ...this.#hosts.map((host) => host.name)])
        run(`ip netns del ${this.#space(name)}`);
    });
  }

  /** Plugs in another one. Names are short: they are names of interfaces as well. */
  addHost(name: string): NetworkHost {
    const address = `10.99.0.${this.#hosts.length + 1}`;
    this.#addNamespace(name);
    this.#in(name, `ip link add up0 type veth peer name ${name} netns ${this.#space("switch")}`);
    this.#in(name, `ip addr add ${address}/24 dev up0`);
    this.#in(name, "ip link set up0 up");
    this.#in("switch", `ip link set ${name} master switch up`);
    this.#in("switch", `tc qdisc add dev ${name} clsact`);
    const host = { name, address, wrapper: ["ip", "netns", "exec", this.#space(name)] };
    this.#hosts.push(host);
    return host;
  }

  /** Nothing that one of them sends arrives at the other; the other way it does. */
  cutOneWay(from: NetworkHost, to: NetworkHost): Heal {
    return this.#drop(from, "ingress", { to: to.address });
  }

  /** Nothing between these two arrives. */
  cut(one: NetworkHost, other: NetworkHost): Heal {
    return both(this.cutOneWay(one, other), this.cutOneWay(other, one));
  }

  /** Nothing to and from this host arrives. */
  cutOff(host: NetworkHost): Heal {
    return both(this.#drop(host, "ingress", {}), this.#drop(host, "egress", {}));
  }

  /** Of all packets to and from this host so many are lost: 0.05 is one of twenty. */
  lose(host: NetworkHost, share: number): Heal {
    return both(this.#drop(host, "ingress", { share }), this.#drop(host, "egress", { share }));
  }

  /** This host hangs on a line of so many kbit/s, each way, with a queue of a quarter of a second in front of it. */
  slow(host: NetworkHost, kbitPerSecond: number): Heal {
    const bytes = Math.max(SLOW_LINE_BYTES_MIN, Math.round((kbitPerSecond / 8) * SLOW_LINE_QUEUE_MS));
    const line = `tbf rate ${kbitPerSecond}kbit burst ${SLOW_LINE_BYTES_MIN} limit ${bytes}`;
    this.#in("switch", `tc qdisc add dev ${host.name} root ${line}`);
    this.#in(host.name, `tc qdisc add dev up0 root ${line}`);
    return once(() => {
      this.#in("switch", `tc qdisc del dev ${host.name} root`);
      this.#in(host.name, "tc qdisc del dev up0 root");
    });
  }

  /** Its plug is pulled: its own interface says so. */
  unplug(host: NetworkHost): Heal {
    this.#in("switch", `ip link set ${host.name} down`);
    return once(() => {
      this.#in("switch", `ip link set ${host.name} up`);
    });
  }

  /** Gives a host another address, in place of the one it has; what it has open with that one is cut off. */
  readdress(host: NetworkHost, last: number): NetworkHost {
    const address = `10.99.0.${last}`;
    // In this order: a second address of the same network goes with the first.
    this.#in(host.name, `ip addr del ${host.address}/24 dev up0`);
    this.#in(host.name, `ip addr add ${address}/24 dev up0`);
    return { ...host, address };
  }

  #drop(host: NetworkHost, direction: "ingress" | "egress", what: Dropped): Heal {
    this.#rules += 1;
    const rule = `dev ${host.name} ${direction} pref ${this.#rules}`;
    this.#in("switch", `tc filter add ${rule} bpf direct-action bytecode`, dropRule(what));
    return once(() => {
      this.#in("switch", `tc filter del ${rule}`);
    });
  }

  #space(name: string): string {
    return `${this.#prefix}-${name}`;
  }

  #addNamespace(name: string): void {
    run(`ip netns add ${this.#space(name)}`);
    this.#in(name, "ip link set lo up");
  }

  #in(name: string, command: string, ...more: readonly string[]): void {
    run(`ip netns exec ${this.#space(name)} ${command}`, ...more);
  }
}

function run(command: string, ...more: readonly string[]): void {
  const [program = "", ...args] = command.split(" ");
  execFileSync(program, [...args, ...more], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
  });
}

function once(heal: Heal): Heal {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    heal();
  };
}

function both(one: Heal, other: Heal): Heal {
  return () => {
    one();
    other();
  };
}
