import { spawnSync } from "node:child_process";
import { isInstalled } from "../peer-program.ts";

/** For the title of a suite: empty where {@link TestNetwork} works, else " (skipped: ...)". */
export const skippedWithoutNetwork: string = whyNot();

function whyNot(): string {
  if (process.getuid?.() !== 0) return " (skipped: network namespaces need root)";
  const missing = ["ip", "tc", "unshare"].filter((program) => !isInstalled(program));
  if (missing.length > 0) return ` (skipped: ${missing.join(", ")} not installed)`;
  // In a namespace that is gone with the command: a pair of interfaces, a bridge, and every kind of fault.
  const script = [
    "ip link add name one type veth peer name two",
    "ip link add name switch type bridge",
    "tc qdisc add dev one clsact",
    "tc filter add dev one ingress bpf da bytecode '1,6 0 0 2'",
    "tc qdisc add dev one root tbf rate 64kbit burst 4kb limit 4kb",
  ].join(" && ");
  const { status, stderr } = spawnSync("unshare", ["-n", "sh", "-c", script], { encoding: "utf8" });
  return status === 0 ? "" : ` (skipped: this kernel cannot: ${stderr.trim().split("\n")[0] ?? ""})`;
}
