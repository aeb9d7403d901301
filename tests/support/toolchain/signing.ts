/** Authenticode signatures by a throw-away key: good for every check but that of the publisher. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { cachedFolder, keyOf } from './cache.js';
import { toolPath } from './tools.js';

export interface SigningKey {
  /** Paths of PEM files. */
  readonly key: string;
  readonly certificate: string;
}

/** A self-signed code-signing certificate and its key, made once in build/drivers/. */
export async function signingKey(): Promise<SigningKey> {
  const folder = await cachedFolder('signing-key', async (own) => {
    const extensions = [
      'extendedKeyUsage=critical,codeSigning',
      'keyUsage=critical,digitalSignature',
      'basicConstraints=critical,CA:FALSE',
    ].flatMap((extension) => ['-addext', extension]);
    const key = ['-newkey', 'rsa:2048', '-sha256', '-nodes', '-keyout', 'key.pem'];
    const certificate = ['-days', '3650', '-out', 'certificate.pem', '-subj', '/CN=hvci-fix tests'];
    await execa(toolPath('openssl'), ['req', '-x509', ...key, ...certificate, ...extensions], { cwd: own });
  });
  return { key: join(folder, 'key.pem'), certificate: join(folder, 'certificate.pem') };
}

/** The path of a signed copy of the driver, under the same file name. The original stays as it is. */
export async function sign(path: string): Promise<string> {
  const { key, certificate } = await signingKey();
  const bytes = await readFile(path);
  const folder = await cachedFolder(
    `signed-${keyOf(basename(path), bytes, await readFile(certificate))}`,
    async (own) => {
      const files = ['-in', path, '-out', join(own, basename(path))];
      await execa(toolPath('osslsigncode'), ['sign', '-h', 'sha256', '-certs', certificate, '-key', key, ...files]);
    },
  );
  return join(folder, basename(path));
}

/** What osslsigncode says of the signature and the checksum: `valid` covers both digest and certificate. */
export async function verifySignature(path: string): Promise<{ valid: boolean; output: string }> {
  const { certificate } = await signingKey();
  const args = ['verify', '-CAfile', certificate, '-ignore-cdp', '-in', path];
  const result = await execa(toolPath('osslsigncode'), args, { reject: false, all: true });
  return { valid: result.exitCode === 0, output: result.all };
}
