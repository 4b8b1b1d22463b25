import type { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { ConfedError } from "@confed/kernel";
import { fingerprintOf, parseCertificate } from "@confed/trust";
import type { TlsMaterial, TlsProvider, UserIdentity } from "@confed/wire";

/** An authority of somebody else whose users are users here, as xCAT's is. */
export interface UserAuthority {
  /** PEM: /etc/xcat/cert/ca.pem, say. One certificate, or several. */
  readonly file: string;
  /** Which part of a certificate names its user. */
  readonly from: "cn" | "email";
  /** Only whom this matches, from the beginning to the end; called as its first group says. Without it, everybody as he is. */
  readonly match?: string | undefined;
}

/**
 * The material of a head that also knows users by these authorities. They sign people and nothing else, whatever their
 * certificates say; machines are our own authority's. Throws, naming the file, for what holds no certificate.
 */
export function withUserAuthorities(tls: TlsProvider, wanted: readonly UserAuthority[]): TlsProvider {
  if (wanted.length === 0) return tls;
  const known = wanted.flatMap((authority) =>
    certificatesIn(authority.file).map((certificate) => ({ ...authority, certificate })),
  );
  const pems = known.map(({ certificate }) => certificate.toString()).join("");
  const identify = (shown: X509Certificate): UserIdentity | undefined => {
    if (shown.ca) return undefined;
    for (const { certificate, from, match } of known) {
      if (!shown.checkIssued(certificate) || !shown.verify(certificate.publicKey)) continue;
      const id = userIn(shown, from, match);
      if (id === undefined) return undefined;
      return { class: "user", id, fingerprint: fingerprintOf(shown), issuer: fingerprintOf(certificate) };
    }
    return undefined;
  };
  let of: TlsMaterial | undefined;
  let composed: TlsMaterial | undefined;
  return {
    current() {
      const own = tls.current();
      if (own !== of || composed === undefined) {
        of = own;
        composed = {
          ...own,
          authorities: own.authorities + pems,
          identify: (shown) => own.identify(shown) ?? identify(shown),
        };
      }
      return composed;
    },
    watch: (onChange) => tls.watch(onChange),
  };
}

function certificatesIn(file: string): readonly X509Certificate[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (reason) {
    const { code, rawMessage } = ConfedError.from(reason);
    throw new ConfedError(code, `an authority of users cannot be read: ${rawMessage}`, {
      subject: "head.userAuthorities",
      where: file,
      cause: reason,
    });
  }
  const pems = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (pems.length === 0) {
    throw new ConfedError("invalid_argument", `${file} holds no certificate`, {
      subject: "head.userAuthorities",
      where: file,
      hint: "it is the authority's own certificate, PEM, as xCAT's ca.pem",
    });
  }
  return pems.map((pem) => parseCertificate(pem, file));
}

function userIn(
  { subject, subjectAltName = "" }: X509Certificate,
  from: UserAuthority["from"],
  match: string | undefined,
): string | undefined {
  const names =
    from === "cn"
      ? [...subject.matchAll(/^CN=(.*)$/gm)]
      : [...subjectAltName.matchAll(/(?:^|, )email:([^,]*)/g)];
  // Of two names nobody knows which one is meant.
  const name = names.length === 1 ? names[0]?.[1] : undefined;
  if (name === undefined) return undefined;
  const found = match === undefined ? [name, name] : new RegExp(`^(?:${match})$`).exec(name);
  const id = found?.[1] ?? found?.[0];
  return id !== undefined && USER_NAME.test(id) ? id : undefined;
}

/** As `confed user add` has them. */
const USER_NAME = /^[A-Za-z0-9_][A-Za-z0-9._@\\$-]{0,127}$/;
