/** A parsed image: headers at once, everything else on first use and then remembered. */

import { AddressSpace } from './address-space.js';
import { type BaseRelocations, parseBaseRelocations } from './base-relocations.js';
import { Bytes } from './bytes.js';
import { type CertificateTable, parseCertificateTable } from './certificates.js';
import { computeCheckSum } from './checksum.js';
import { type CoffSymbols, parseCoffSymbols } from './coff-symbols.js';
import type { DataDirectory } from './data-directories.js';
import { type Anomaly, failed, type Parsed, type ParseFailure } from './errors.js';
import { type Headers, OPTIONAL_HEADER_FIELDS, parseHeaders } from './headers.js';
import { hex } from './hex.js';
import { findImportAddressTable, type ImportAddressTable } from './import-address-table.js';
import { type Imports, parseImports } from './imports.js';
import { type LoadConfig, parseLoadConfig } from './load-config.js';
import { type Machine, machineOf } from './machine.js';
import { type Overlay, overlayOf } from './overlay.js';
import { parseRuntimeFunctions, type RuntimeFunction } from './runtime-functions.js';
import { parseSections, type Section } from './sections.js';

/**
 * A PE image over the caller's bytes, which must not change while it is in use. A structure that the image does not
 * have is `null`; one that cannot be parsed is a `ParseError`; no member throws.
 */
export class Image {
  readonly bytes: Uint8Array;
  readonly machine: Machine;
  readonly headers: Headers;
  readonly sections: readonly Section[];
  readonly addressSpace: AddressSpace;
  readonly anomalies: readonly Anomaly[];
  #imports: Parsed<Imports | null> | undefined;
  #importAddressTable: Parsed<ImportAddressTable | null> | undefined;
  #baseRelocations: Parsed<BaseRelocations | null> | undefined;
  #certificateTable: Parsed<CertificateTable | null> | undefined;
  #loadConfig: Parsed<LoadConfig | null> | undefined;
  #runtimeFunctions: Parsed<readonly RuntimeFunction[] | null> | undefined;
  #coffSymbols: Parsed<CoffSymbols | null> | undefined;
  #overlay: Overlay | null | undefined;
  #computedCheckSum: number | undefined;

  constructor(bytes: Bytes, headers: Headers, sections: readonly Section[], anomalies: Anomaly[]) {
    this.bytes = bytes.array;
    this.machine = machineOf(headers.fileHeader.machine);
    this.headers = headers;
    this.sections = sections;
    this.anomalies = anomalies;
    this.addressSpace = new AddressSpace(bytes, headers.optionalHeader.sizeOfHeaders, sections);
  }

  get fileHeader(): Headers['fileHeader'] {
    return this.headers.fileHeader;
  }

  get optionalHeader(): Headers['optionalHeader'] {
    return this.headers.optionalHeader;
  }

  get dataDirectories(): readonly DataDirectory[] {
    return this.headers.dataDirectories;
  }

  /** True for PE32+: 8-byte thunks and pointers. */
  get isPE32Plus(): boolean {
    return this.headers.optionalHeader.magic === 0x20b;
  }

  /** Data directory `index`, or null where the image does not have it or it is empty. */
  directory(index: number): DataDirectory | null {
    const entry = this.headers.dataDirectories[index];
    return entry === undefined || entry.virtualAddress === 0 || entry.size === 0 ? null : entry;
  }

  /**
   * Set where the image declares directory `index` and its optional header is too short to hold the entry: nobody can
   * say what a loader that goes by NumberOfRvaAndSizes alone would find there.
   */
  cutOffDirectory(index: number): ParseFailure | null {
    const { declaredDirectories, dataDirectories } = this.headers;
    if (index < dataDirectories.length || index >= declaredDirectories) return null;
    const offset = this.fileHeader.offset + 16;
    const message = `data directory ${index} is declared, but SizeOfOptionalHeader leaves no room for it`;
    return failed('malformed', `dataDirectories[${index}]`, offset, 8, 0, message);
  }

  /** `length` bytes of memory at `rva`; `path` names the field that asks, for the error. */
  readRva(rva: number, length: number, path = `rva ${hex(rva)}`): Parsed<Uint8Array> {
    return this.addressSpace.read(rva, length, path);
  }

  get imports(): Parsed<Imports | null> {
    this.#imports ??= parseImports(this);
    return this.#imports;
  }

  get importAddressTable(): Parsed<ImportAddressTable | null> {
    this.#importAddressTable ??= findImportAddressTable(this);
    return this.#importAddressTable;
  }

  get baseRelocations(): Parsed<BaseRelocations | null> {
    this.#baseRelocations ??= parseBaseRelocations(this);
    return this.#baseRelocations;
  }

  get certificateTable(): Parsed<CertificateTable | null> {
    this.#certificateTable ??= parseCertificateTable(this);
    return this.#certificateTable;
  }

  get loadConfig(): Parsed<LoadConfig | null> {
    this.#loadConfig ??= parseLoadConfig(this);
    return this.#loadConfig;
  }

  get runtimeFunctions(): Parsed<readonly RuntimeFunction[] | null> {
    this.#runtimeFunctions ??= parseRuntimeFunctions(this);
    return this.#runtimeFunctions;
  }

  get coffSymbols(): Parsed<CoffSymbols | null> {
    this.#coffSymbols ??= parseCoffSymbols(this);
    return this.#coffSymbols;
  }

  /** Bytes after the last section's raw data that are not the certificate table; null where there are none. */
  get overlay(): Overlay | null {
    if (this.#overlay === undefined) this.#overlay = overlayOf(this);
    return this.#overlay;
  }

  /** What CheckSum should be; see checksum.ts. */
  get computedCheckSum(): number {
    this.#computedCheckSum ??= computeCheckSum(
      this.bytes,
      this.optionalHeader.offset + OPTIONAL_HEADER_FIELDS.checkSum,
    );
    return this.#computedCheckSum;
  }
}

/**
 * Parses the headers and the section table of a PE image. Total: every input gives an image or a `ParseError`, whose
 * code is `not-pe` where the bytes are no PE image at all. A caller in JavaScript that hands over no bytes gets a TypeError.
 */
export function parseImage(array: Uint8Array): Parsed<Image> {
  // Not `instanceof`: an array of another realm, as test runners have them, will do.
  if ((array as Uint8Array | null | undefined)?.BYTES_PER_ELEMENT !== 1)
    throw new TypeError('parseImage needs a Uint8Array. Of an ArrayBuffer make one with new Uint8Array(buffer).');
  const bytes = new Bytes(array);
  const anomalies: Anomaly[] = [];
  const headers = parseHeaders(bytes, anomalies);
  if (!headers.ok) return headers;
  const sections = parseSections(bytes, headers.value, anomalies);
  if (!sections.ok) return sections;
  return { ok: true, value: new Image(bytes, headers.value, sections.value, anomalies) };
}
