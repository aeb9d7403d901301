/** What the property tests start from: drivers of real linkers (samples/) and built ones with every structure. */
import { readdirSync, readFileSync } from 'node:fs';
import { buildDriver, SCN } from '../support/image-builder-driver.js';
import { repositoryFile } from '../support/repository.js';

export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const patch = { name: 'PATCH', characteristics: SCN.rwx, data: new Uint8Array(16) };
const rwxInit = { INIT: { characteristics: SCN.initRwx } };

const built: Seed[] = (['x64', 'x86', 'arm64', 'arm', 'ia64'] as const).map((machine) => ({
  name: `built ${machine}`,
  bytes: buildDriver({
    machine,
    dllCharacteristics: 0x60,
    checkSum: 'wrong',
    change: rwxInit,
    more: [patch, { name: '.a_long_section', characteristics: SCN.rdata, data: new Uint8Array(4) }],
    symbols: [{ name: 'a_symbol_with_a_long_name', value: 0, section: 1 }],
    overlay: new Uint8Array(5).fill(9),
    certificate: { place: machine === 'x86' ? 'middle' : 'end' },
    directory12: machine !== 'arm64',
  }).bytes,
}));

const low: Seed = {
  name: 'built low alignment',
  bytes: buildDriver({
    sectionAlignment: 0x200,
    dllCharacteristics: 0x60,
    sizeOfImage: 0x7000,
    change: Object.fromEntries(
      ['.text', '.rdata', '.data', '.pdata', 'INIT', '.reloc'].map((name, index) => [
        name,
        { rva: 0x1000 * (index + 1) },
      ]),
    ),
  }).bytes,
};

/** Committed drivers, as clang and lld-link made them. */
export const samples: readonly Seed[] = readdirSync(repositoryFile('samples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) =>
    readdirSync(repositoryFile(`samples/${name}`))
      .filter((file) => file.endsWith('.sys'))
      .map((file) => ({
        name: file,
        bytes: new Uint8Array(readFileSync(repositoryFile(`samples/${name}/${file}`))),
      })),
  );

export const seeds: readonly Seed[] = [...samples, ...built, low];
