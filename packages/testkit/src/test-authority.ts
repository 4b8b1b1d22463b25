import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MachineIdentity, TlsMaterial, UserIdentity } from "@confed/wire";

/** What a certificate for tests says. */
export interface TestCertificate {
  /** "agent/sn01", "user/anna". */
  readonly name: string;
  /** Ended already. */
  readonly expired?: boolean;
}

/** A cluster's authorities for tests, made with the openssl command. */
export class TestAuthority {
  readonly #directory = mkdtempSync(join(tmpdir(), "confed-authority-"));
  /** What everybody of the cluster trusts, PEM. */
  readonly authorities: string;

  constructor() {
    for (const role of ["machines", "users", "strangers"]) {
      this.#openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", `${role}.key`);
      this.#openssl(
        "req",
        "-x509",
        "-new",
        "-key",
        `${role}.key`,
        "-subj",
        `/CN=${role}`,
        "-days",
        "2",
        "-out",
        `${role}.pem`,
      );
    }
    this.authorities = this.#read("machines.pem") + this.#read("users.pem");
  }

  /** A key and a certificate, followed by its authority's. */
  issue({ name, expired = false }: TestCertificate, by: "machines" | "users" | "strangers" = "machines") {
    const [kind] = name.split("/");
    writeFileSync(
      join(this.#directory, "extensions"),
      `subjectAltName=URI:spiffe://test/${name}\nextendedKeyUsage=${kind === "user" ? "clientAuth" : "clientAuth,serverAuth"}\n`,
    );
    this.#openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", "one.key");
    this.#openssl("req", "-new", "-key", "one.key", "-subj", "/CN=one", "-out", "one.csr");
    const from = ["-CA", `${by}.pem`, "-CAkey", `${by}.key`, "-CAcreateserial", "-extfile", "extensions"];
    this.#openssl(
      "x509",
      "-req",
      "-in",
      "one.csr",
      ...from,
      "-days",
      expired ? "-1" : "1",
      "-out",
      "one.pem",
    );
    return { key: this.#read("one.key"), certificate: this.#read("one.pem") + this.#read(`${by}.pem`) };
  }

  /** The certificate of one of the authorities. */
  certificateOf(role: "machines" | "users" | "strangers"): X509Certificate {
    return new X509Certificate(this.#read(`${role}.pem`));
  }

  /** By who signed it. */
  readonly identify = (certificate: X509Certificate): MachineIdentity | UserIdentity | undefined => {
    const [, kind, id = ""] =
      /URI:spiffe:\/\/test\/(\w+)\/([\w.-]+)$/.exec(certificate.subjectAltName ?? "") ?? [];
    const fingerprint = fingerprintIn(certificate);
    const is = (role: "machines" | "users") => {
      const authority = this.certificateOf(role);
      return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
    };
    if (is("users")) return { class: "user", id, fingerprint, issuer: "" };
    if (!is("machines") || (kind !== "head" && kind !== "agent")) return undefined;
    return { class: "machine", kind, id, fingerprint, serial: certificate.serialNumber };
  };

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #openssl(...args: string[]): void {
    execFileSync("openssl", args, { cwd: this.#directory, stdio: "ignore" });
  }

  #read(file: string): string {
    return readFileSync(join(this.#directory, file), "utf8");
  }
}

/** SHA-256 of the first certificate of a PEM, or of a certificate. */
export function fingerprintIn(certificate: X509Certificate | string): string {
  const read = typeof certificate === "string" ? new X509Certificate(certificate) : certificate;
  return read.fingerprint256.replaceAll(":", "").toLowerCase();
}

/** TLS material that a test changes. */
export class TestTls<Material extends Pick<TlsMaterial, "lockedOut">> {
  readonly #watchers = new Set<() => void>();
  #material: Material;

  constructor(material: Material) {
    this.#material = material;
  }

  current(): Material {
    return this.#material;
  }

  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  change(parts: Partial<Material>): void {
    this.#material = { ...this.#material, ...parts };
    for (const tell of this.#watchers) tell();
  }
}
