/** Which packets a {@link dropRule} takes out. */
export interface Dropped {
  /** To this IPv4 address only. */
  readonly to?: string;
  /** Of those, this part (0 to 1), by lot; all of them unless given. */
  readonly share?: number;
}

/**
 * A classic BPF program as tc-bpf(8) takes it with `direct-action`: bpf(4) has the instructions, and Linux' SKF_AD_RANDOM
 * draws the lot. ARP passes where only one address is meant, so that what is cut off is cut off as by a router far away.
 */
export function dropRule({ to, share = 1 }: Dropped): string {
  const tests: Instruction[] = [];
  if (to !== undefined) {
    tests.push(
      [LOAD_HALF, ETHER_TYPE_AT],
      [SKIP_UNLESS, IPV4],
      [LOAD_WORD, IPV4_TO_AT],
      [SKIP_UNLESS, numberOf(to)],
    );
  }
  if (share < 1) tests.push([LOAD_WORD, RANDOM], [SKIP_IF_ABOVE, Math.round(share * 2 ** 32)]);
  const program: Instruction[] = [...tests, [RETURN, DROP], [RETURN, PASS]];
  const pass = program.length - 1;
  const lines = program.map(([code, value], at) => {
    const away = pass - at - 1;
    if (code === SKIP_UNLESS) return `${JUMP_EQUAL} 0 ${away} ${value}`;
    return code === SKIP_IF_ABOVE ? `${JUMP_ABOVE} ${away} 0 ${value}` : `${code} 0 0 ${value}`;
  });
  return `${lines.length},${lines.join(",")}`;
}

type Instruction = readonly [code: number, value: number];

const LOAD_WORD = 32;
const LOAD_HALF = 40;
const JUMP_EQUAL = 21;
const JUMP_ABOVE = 53;
const RETURN = 6;
// Not of BPF: the one that its jump belongs to, with the end of the program as its target.
const SKIP_UNLESS = -1;
const SKIP_IF_ABOVE = -2;

const ETHER_TYPE_AT = 12;
const IPV4 = 0x0800;
const IPV4_TO_AT = 14 + 16;
/** SKF_AD_OFF + SKF_AD_RANDOM. */
const RANDOM = 0xffff_f000 + 56;
/** TC_ACT_SHOT and TC_ACT_UNSPEC. */
const DROP = 2;
const PASS = 0xffff_ffff;

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
