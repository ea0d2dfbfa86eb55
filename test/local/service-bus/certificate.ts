/** Makes a self-signed certificate for 127.0.0.1 (X.509 v3, RFC 5280), so that no key lies in the repository. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';

const oids = {
  commonName: '550403',
  ecdsaWithSha256: '2a8648ce3d040302',
  subjectAltName: '551d11',
};

export function selfSignedCertificate(): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKeyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const name = sequence(set(sequence(oid(oids.commonName), der(0x0c, Buffer.from('localhost')))));
  const algorithm = sequence(oid(oids.ecdsaWithSha256));
  const address = der(0x87, Buffer.from([127, 0, 0, 1]));
  const names = der(0x04, sequence(address, der(0x82, Buffer.from('localhost'))));
  const unsigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1, ...createHash('sha256').update(publicKeyInfo).digest().subarray(0, 8)])),
    algorithm,
    name,
    sequence(time(-60_000), time(86_400_000)),
    name,
    publicKeyInfo,
    der(0xa3, sequence(sequence(oid(oids.subjectAltName), names))),
  );
  const signature = sign('sha256', unsigned, privateKey);
  const certificate = sequence(unsigned, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`,
  };
}

/** Tag, length, value. */
function der(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}

const sequence = (...parts: Buffer[]) => der(0x30, Buffer.concat(parts));
const set = (part: Buffer) => der(0x31, part);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));

/** UTCTime, so many ms from now. */
function time(fromNow: number): Buffer {
  const text = new Date(Date.now() + fromNow).toISOString().replace(/^..|[-:T]|\.\d+/g, '');
  return der(0x17, Buffer.from(text));
}
