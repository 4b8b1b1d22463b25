import "reflect-metadata";
import { createPublicKey, webcrypto } from "node:crypto";
import { ConfedError } from "@confed/kernel";
import { Name, Pkcs10CertificateRequest, Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import { ECDSA, signingKeyOf } from "./sign-certificate.ts";

/** A request that was looked at: whoever made it has this key. */
export interface CheckedRequest {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
}

/** A request on P-256 with a name has some 250 bytes. */
export const REQUEST_BYTES_MAX = 1_024;

/**
 * Make a certificate signing request (PKCS#10, RFC 2986) in DER: a name, a key, and the proof that its maker has
 * the private one, which stays where it is. All else in a certificate is for the authority to say.
 */
export async function makeRequest(keyPem: string, id: string): Promise<Uint8Array> {
  const publicDer = createPublicKey(keyPem).export({ type: "spki", format: "der" });
  const publicKey = await webcrypto.subtle.importKey("spki", publicDer, ECDSA, true, ["verify"]);
  const request = await Pkcs10CertificateRequestGenerator.create(
    {
      name: new Name([{ CN: [id] }]),
      keys: { publicKey, privateKey: await signingKeyOf(keyPem) },
      signingAlgorithm: ECDSA,
    },
    webcrypto,
  );
  return new Uint8Array(request.rawData);
}

/**
 * Look at a request that came from anywhere: of bounded size, exactly the name `id`, a key on P-256, no wishes, and
 * signed by that key. Rejects with "invalid_argument" and what is wrong.
 */
export async function checkRequest(der: Uint8Array, id: string): Promise<CheckedRequest> {
  const wrong = (why: string, cause?: unknown, hint?: string) =>
    new ConfedError("invalid_argument", `the certificate request for ${id} is refused: ${why}`, {
      subject: id,
      cause,
      hint,
    });
  // First of all: nothing below is to be tried on a megabyte.
  if (der.byteLength > REQUEST_BYTES_MAX)
    throw wrong(`it has ${der.byteLength} bytes, more than ${REQUEST_BYTES_MAX} (REQUEST_BYTES_MAX)`);
  if (!isOneDerValue(der)) throw wrong("it is no certificate request");
  let request: Pkcs10CertificateRequest;
  let publicKey: Uint8Array;
  let name: string;
  let wishes: number;
  try {
    request = new Pkcs10CertificateRequest(Uint8Array.from(der));
    publicKey = new Uint8Array(request.publicKey.rawData);
    name = JSON.stringify(request.subjectName.toJSON());
    wishes = request.attributes.length;
  } catch (cause) {
    throw wrong("it is no certificate request", cause);
  }
  if (name !== JSON.stringify([{ CN: [id] }])) {
    const hint = `a token for ${id} is for the machine of that id: has another one used it?`;
    throw wrong("it names somebody else", undefined, hint);
  }
  if (wishes > 0) throw wrong("it asks for more than a name and a key");
  if (!isKeyOnP256(publicKey)) throw wrong("its key is not one on P-256");
  if (!(await isSigned(request))) throw wrong("its signature does not fit its key");
  return { publicKey };
}

async function isSigned(request: Pkcs10CertificateRequest): Promise<boolean> {
  const { name, hash } = request.signatureAlgorithm as { name?: string; hash?: { name?: string } };
  if (name !== ECDSA.name || hash?.name !== ECDSA.hash) return false;
  try {
    return await request.verify(webcrypto);
  } catch {
    return false; // A signature that is not even the form of one.
  }
}

/** A SEQUENCE with a length of its shortest form that ends where the bytes do (X.690, 10.1): nothing is hidden behind. */
function isOneDerValue(der: Uint8Array): boolean {
  const [tag, first = 0, second = 0, third = 0] = der;
  if (tag !== 0x30) return false;
  if (first < 0x80) return der.byteLength === 2 + first;
  if (first === 0x81) return second >= 0x80 && der.byteLength === 3 + second;
  const length = second * 256 + third;
  return first === 0x82 && length >= 0x100 && der.byteLength === 4 + length;
}

/** RFC 5480: ecPublicKey on secp256r1, an uncompressed point, and nothing else; and that point is on the curve. */
function isKeyOnP256(spki: Uint8Array): boolean {
  if (spki.byteLength !== P256_PREFIX.byteLength + 64) return false;
  if (P256_PREFIX.some((byte, at) => spki[at] !== byte)) return false;
  try {
    createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
    return true;
  } catch {
    return false;
  }
}

const P256_PREFIX = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d03010703420004", "hex");
