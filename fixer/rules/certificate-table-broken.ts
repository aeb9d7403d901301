import { dataDirectoryOffset } from '../pe/data-directories.js';
import { IMAGE_DIRECTORY_ENTRY_SECURITY } from '../pe/winnt.js';
import type { Rule } from './rule.js';

export const certificateTableBroken: Rule = {
  meta: {
    code: 'HVCI4003',
    name: 'certificate-table-broken',
    title: 'The certificate table is dangling or outside the file',
    severity: 'warning',
    effect: 'hygiene',
    fix: 'none',
    verifierCode: null,
  },
  check(context) {
    const { image } = context;
    const { certificateTable: table, optionalHeader, dataDirectories } = image;
    if (table.ok) {
      if (table.value === null) context.notApplicable('no-certificate-table');
      return;
    }
    if (image.cutOffDirectory(IMAGE_DIRECTORY_ENTRY_SECURITY) !== null)
      return context.undetermined(table.error.message);
    const entry = dataDirectories[IMAGE_DIRECTORY_ENTRY_SECURITY];
    context.report({
      field: `dataDirectories[${IMAGE_DIRECTORY_ENTRY_SECURITY}]`,
      offset: dataDirectoryOffset(optionalHeader, IMAGE_DIRECTORY_ENTRY_SECURITY),
      length: 8,
      data: { tableOffset: entry?.virtualAddress ?? 0, tableSize: entry?.size ?? 0, atOffset: table.error.offset },
      message: `The signature cannot be read: ${table.error.message}. Windows treats the driver as unsigned.`,
      hint: 'Sign the file again. A tool that strips or rewrites sections (objcopy, strip) leaves this behind; run it before signing. `fix --strip-signature` removes the directory entry.',
    });
  },
};
