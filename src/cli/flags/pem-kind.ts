/** Says what a file contains instead of a certificate or a key in PEM, without showing any of it. */

/** The message continues with `openssl` command lines that convert the file, if there are any. */
export interface FoundInstead {
  readonly what: string;
  readonly cure: string;
}

const LABEL = /-----BEGIN ([A-Z0-9 ]+)-----/;

export function foundInstead(text: string, file: string, wanted: 'certificate' | 'key'): FoundInstead {
  const another = 'name another file';
  if (text.trim() === '') return { what: 'is empty', cure: another };
  const label = LABEL.exec(text)?.[1];
  if (label === undefined) return withoutPem(text, file, wanted);
  if (isEncrypted(text)) {
    return {
      what: 'holds a private key under a passphrase',
      cure: wanted === 'key' ? `type openssl pkey -in ${file} -out PLAIN.pem, and name that file` : another,
    };
  }
  if (/PRIVATE KEY$/.test(label)) {
    if (wanted === 'key') return { what: 'holds one that cannot be read', cure: another };
    return { what: 'holds a private key', cure: 'name the certificate, and this file by --tls-key' };
  }
  if (/^(X509 |TRUSTED )?CERTIFICATE$/.test(label)) {
    if (wanted === 'certificate') return { what: 'holds one that cannot be read', cure: another };
    return { what: 'holds a certificate', cure: 'name its private key, and this file by --tls-cert' };
  }
  if (/CERTIFICATE REQUEST$/.test(label)) {
    return { what: 'holds a request for a certificate', cure: 'name the certificate that was made from it' };
  }
  if (/PUBLIC KEY$/.test(label)) return { what: 'holds a public key', cure: another };
  return { what: `holds another thing (${label.toLowerCase().slice(0, 40)})`, cure: another };
}

/** In either of the two ways in which a PEM key says so. */
export function isEncrypted(text: string): boolean {
  return /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text);
}

/** Read as text, invalid bytes beyond ASCII are U+FFFD; DER and PKCS#12 begin with 0x30. */
function withoutPem(text: string, file: string, wanted: 'certificate' | 'key'): FoundInstead {
  if (!/[\0\ufffd]/.test(text)) return { what: 'has none, since it is not PEM', cure: 'name another file' };
  if (!text.startsWith('0')) return { what: 'is binary', cure: 'name another file' };
  const command = wanted === 'certificate' ? 'x509' : 'pkey';
  return {
    what: 'is binary (DER or PKCS#12)',
    cure: `type openssl ${command} -inform DER -in ${file} -out FILE.pem, and name that file`,
  };
}
