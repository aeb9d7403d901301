/**
 * A folder laid out like the Windows Driver Kit, of mingw's headers and libraries made on the spot: the kit's own cannot
 * be had here. What mingw's headers lack of the template's names is added.
 */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { toolPath } from '../toolchain/tools.js';

const MINGW = '/usr/share/mingw-w64/include';
export const KIT_VERSION = '10.0.26100.0';

/** Found by DriverEntry's caller in the kit's BufferOverflowFastFailK.lib. */
const ENTRY = `
long DriverEntry(void *driver, void *path);
long GsDriverEntry(void *driver, void *path) { return DriverEntry(driver, path); }
unsigned long long __security_cookie = 0x2b992ddfa232;
void __security_check_cookie(unsigned long long cookie) { (void)cookie; }
`;

/** mingw's headers want a gcc, which clang is not while it is cl's double. */
const NTDDK = `#pragma once
#pragma clang diagnostic ignored "-W#warnings"
#undef _MSC_VER
#define __GNUC__ 4
#define __GNUC_MINOR__ 8
#define __GNUC_PATCHLEVEL__ 0
#include "${MINGW}/ddk/ntddk.h"
#define DrvRtPoolNxOptIn 1
/* The kit's sets a variable of the driver; the store keeps the call from vanishing. */
static volatile ULONG runtimeFlags;
static __inline void ExInitializeDriverRuntime(ULONG flags) { runtimeFlags = flags; }
`;

/** Makes the kit in `folder` and returns its path. */
export async function makeKit(folder: string): Promise<string> {
  const kit = join(folder, 'kit with blank');
  const include = join(kit, 'Include', KIT_VERSION);
  const libraries = join(kit, 'Lib', KIT_VERSION, 'km/x64');
  for (const path of [join(include, 'km'), libraries]) await mkdir(path, { recursive: true });
  await symlink(MINGW, join(include, 'shared'));
  await symlink(`${MINGW}/ddk`, join(include, 'km/crt'));
  // An older one, which is not to be taken: 9 sorts after 10 as text.
  await mkdir(join(kit, 'Include/9.0.0.0/km'), { recursive: true });
  await writeFile(join(kit, 'Include/9.0.0.0/km/wdm.h'), '#error too old\n');
  await writeFile(join(include, 'km/ntddk.h'), NTDDK);
  await writeFile(join(include, 'km/wdm.h'), `#include "${MINGW}/ddk/wdm.h"\n`);

  const names = [
    'IoCreateDevice',
    'IoCreateSymbolicLink',
    'IoDeleteDevice',
    'IoDeleteSymbolicLink',
    'IofCompleteRequest',
  ];
  const exported = { 'ntoskrnl.exe': [...names, 'RtlInitUnicodeString'], 'hal.dll': ['HalReturnToFirmware'] };
  for (const [image, symbols] of Object.entries(exported)) {
    const definitions = join(folder, `${image}.def`);
    await writeFile(definitions, `LIBRARY ${image}\nEXPORTS\n${symbols.join('\n')}\n`);
    const library = join(libraries, image.replace(/\.\w+$/, '.lib'));
    await execa(toolPath('llvm-dlltool-22'), ['-m', 'i386:x86-64', '-d', definitions, '-l', library]);
  }
  const source = join(folder, 'entry.c');
  const object = join(folder, 'entry.obj');
  await writeFile(source, ENTRY);
  await execa(toolPath('clang-22'), ['--target=x86_64-pc-windows-msvc', '-c', '-O1', '-o', object, source]);
  const archive = join(libraries, 'BufferOverflowFastFailK.lib');
  await execa(toolPath('llvm-ar-22'), ['rcs', archive, object]);
  return kit;
}
