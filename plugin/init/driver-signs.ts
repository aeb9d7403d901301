/** Whether a project builds a kernel-mode driver, told from its files alone: a sign found is quoted to the user. */
import type { CMakeCommand } from './cmake-scanner.js';
import { importedFile } from './wire-msbuild.js';
import type { XmlDocument } from './xml-scanner.js';

/** Element name in lower case, and the values that say driver. UMDF drivers are user-mode DLLs. */
const MSBUILD_SIGNS: Readonly<Record<string, RegExp>> = {
  configurationtype: /^Driver$/i,
  platformtoolset: /^WindowsKernelModeDriver/i,
  drivertype: /^(?!UMDF)[A-Z]/i,
  subsystem: /^Native$/i,
  driver: /^(?:Driver|UpOnly|WDM)$/i,
  targetext: /^\.sys$/i,
  additionaloptions: /(?:^|[ \t\r\n"])[/-](?:DRIVER\b|SUBSYSTEM:"?NATIVE\b)/i,
};

/** `<PlatformToolset>WindowsKernelModeDriver10.0</PlatformToolset>`, or null. */
export function driverSignOfMsbuild(text: string, { elements }: XmlDocument): string | null {
  for (const { name, contentStart, contentEnd, childElements } of elements) {
    const sign = MSBUILD_SIGNS[name.toLowerCase()];
    if (sign === undefined || childElements > 0) continue;
    const value = text.slice(contentStart, contentEnd).replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
    if (sign.test(value)) return `<${name}>${value.length > 60 ? '...' : value}</${name}>`;
  }
  return null;
}

/** Names of the property sheets and targets that a project imports, in lower case. */
export const importsOf = ({ elements }: XmlDocument): string[] =>
  elements.map(importedFile).filter((name) => name !== '');

const CMAKE_WORDS: readonly RegExp[] = [
  /\bWindowsKernelModeDriver\b/,
  /SUFFIX[ \t\r\n]+"?\.sys\b/i,
  /OUTPUT_NAME[ \t\r\n]+[^ \t\r\n]+\.sys\b/i,
  /[/-]SUBSYSTEM[:,]"?NATIVE\b/i,
  /-subsystem[,=]native\b/i,
  /(?:^|[ \t\r\n"';])[/-]DRIVER\b/,
];

/** `wdk_add_driver()`, or null. */
export function driverSignOfCMake(commands: readonly CMakeCommand[]): string | null {
  for (const { name, source } of commands) {
    if (name === 'wdk_add_driver') return 'wdk_add_driver()';
    if (name === 'find_package' && /^[ \t\r\n]*wdk\b/i.test(source)) return 'find_package(WDK)';
    const word = CMAKE_WORDS.map((sign) => sign.exec(source)?.[0]).find((found) => found !== undefined);
    if (word !== undefined) return `${name}(... ${word.replace(/[ \t\r\n"';]+/g, ' ').replace(/^ /, '')})`;
  }
  return null;
}

/** Presets and the like: text that is no CMake language. */
export const driverSignOfPreset = (text: string): string | null =>
  text.includes('WindowsKernelModeDriver') ? 'WindowsKernelModeDriver' : null;
