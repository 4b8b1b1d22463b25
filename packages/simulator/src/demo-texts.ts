/** A line of a script: wait, then print. */
export interface ScriptStep {
  readonly waitMs: number;
  readonly text: string;
}

/** Said at the login prompt: a demonstration must not keep its password secret. */
export const DEMO_LOGIN = { user: "root", password: "confed" } as const;

const CLEAR = "\x1b[2J\x1b[H";

/** From power-on to the login prompt in about three seconds. `name` is the console's. */
export function bootScript(name: string): readonly ScriptStep[] {
  return [
    { waitMs: 50, text: `${CLEAR}Confed Simulated BIOS 1.0\r\n` },
    { waitMs: 100, text: "CPU: 2 x Imaginary 3.0 GHz, 64 cores\r\nMemory test: 262144 MB OK\r\n" },
    { waitMs: 200, text: "PXE-E61: Media test failure, check cable\r\nBooting from hard disk...\r\n\r\n" },
    {
      waitMs: 150,
      text: "\x1b[7mGNU GRUB  version 2.06\x1b[0m\r\n\r\n *Simulated GNU/Linux\r\n  Memory test\r\n\r\n",
    },
    { waitMs: 400, text: "Loading Linux 6.1.0-sim ...\r\nLoading initial ramdisk ...\r\n" },
    ...kernelBoot(name),
    ...SERVICES.map((service) => ({ waitMs: 60, text: `[  \x1b[32mOK\x1b[0m  ] Started ${service}.\r\n` })),
    { waitMs: 200, text: "" },
  ];
}

/** The end of a running system, before it boots again. */
export function shutdownScript(): readonly ScriptStep[] {
  return [
    ...[...SERVICES].reverse().map((service) => ({
      waitMs: 40,
      text: `[  \x1b[32mOK\x1b[0m  ] Stopped ${service}.\r\n`,
    })),
    { waitMs: 100, text: "[  OK  ] Reached target System Reboot.\r\n" },
    { waitMs: 200, text: "reboot: Restarting system\r\n" },
  ];
}

/** A kernel dies and restarts itself. */
export function panicScript(uptime: string): readonly ScriptStep[] {
  const trace = [
    "Kernel panic - not syncing: Fatal exception in interrupt",
    "CPU: 7 PID: 4242 Comm: payload Tainted: G        W          6.1.0-sim #1",
    "Call Trace:",
    " <IRQ>",
    " dump_stack_lvl+0x48/0x60",
    " panic+0x118/0x2f8",
    " oops_end+0xb5/0xc0",
    " asm_exc_general_protection+0x22/0x30",
    "RIP: 0010:simulated_fault+0x17/0x40",
    "---[ end Kernel panic - not syncing: Fatal exception in interrupt ]---",
    "Rebooting in 5 seconds..",
  ];
  return [
    ...trace.map((line) => ({ waitMs: 10, text: `[${uptime}] ${line}\r\n` })),
    { waitMs: 5000, text: "" },
  ];
}

/** What a running kernel says now and then. */
export const KERNEL_WORDS: readonly string[] = [
  "eth0: Link is Up - 10Gbps/Full - flow control rx/tx",
  "EDAC MC0: 1 CE memory read error on CPU_SrcID#0_Ha#0_Chan#1_DIMM#0",
  "perf: interrupt took too long (2503 > 2500), lowering kernel.perf_event_max_sample_rate to 79750",
  "EXT4-fs (sda2): mounted filesystem with ordered data mode",
  "CPU12: Core temperature above threshold, cpu clock throttled (total events = 1)",
  "CPU12: Core temperature/speed normal",
  "nfs: server sn01 not responding, still trying",
  "nfs: server sn01 OK",
];

const SERVICES = [
  "Journal Service",
  "Network Time Synchronization",
  "OpenSSH server daemon",
  "Cluster node monitor",
  "Batch scheduler node daemon",
  "Serial Getty on ttyS0",
] as const;

function kernelBoot(name: string): readonly ScriptStep[] {
  const lines = [
    "Linux version 6.1.0-sim (confed@simulator) #1 SMP PREEMPT_DYNAMIC",
    `Command line: BOOT_IMAGE=/vmlinuz root=/dev/sda2 ro console=ttyS0,115200n8 hostname=${name}`,
    "BIOS-provided physical RAM map:",
    "ACPI: RSDP 0x00000000000F05B0 000024 (v02 SIMCPU)",
    "smpboot: Allowing 128 CPUs, 0 hotplug CPUs",
    "Memory: 263782400K/268435456K available",
    "printk: console [ttyS0] enabled",
    "PCI: Using configuration type 1 for base access",
    "NET: Registered PF_INET6 protocol family",
    "sd 0:0:0:0: [sda] 1875385008 512-byte logical blocks: (960 GB/894 GiB)",
    "igb 0000:01:00.0 eth0: (PCI Express:5.0Gb/s:Width x4) 02:00:00:00:00:01",
    "EXT4-fs (sda2): mounted filesystem with ordered data mode. Quota mode: none.",
    "systemd[1]: Hostname set to <" + name + ">.",
  ];
  return lines.map((line, at) => ({ waitMs: 60, text: `[${kernelTime(at * 60)}] ${line}\r\n` }));
}

/** Milliseconds since boot as a kernel prints them. */
export function kernelTime(sinceBootMs: number): string {
  return (sinceBootMs / 1000).toFixed(6).padStart(12);
}
