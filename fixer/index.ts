/**
 * hvci-fix as a library: bytes in, data out. No function here throws on input, touches the file system or prints; what is no
 * Uint8Array (an ArrayBuffer, a string) is a TypeError of parseImage.
 *
 *     const image = parseImage(bytes);
 *     if (image.ok) {
 *       const result = check(image.value, { targetOs: '1703' });
 *       const plan = planFixes(image.value, result);
 *       const applied = applyPlan(bytes, plan);
 *       if (applied.ok && verifyPlan(bytes, applied.bytes, plan, { targetOs: '1703' }).ok) save(applied.bytes);
 *     }
 *
 * Units: `offset` is a file offset, `rva` an address relative to the image's base, both in bytes.
 */

export { createCodeEngine } from './code/engine.js';
export type { CodeEngine } from './code/facts.js';
export type { Applied } from './fix/apply.js';
export { applyPlan } from './fix/apply.js';
export type { Edit } from './fix/edit.js';
export type { FixOptions, Plan } from './fix/plan.js';
export { planFixes } from './fix/plan.js';
export type { Refusal } from './fix/refusal.js';
export type { Verification } from './fix/verify.js';
export { targetsOf, verifyPlan } from './fix/verify.js';
export type { DataDirectory } from './pe/data-directories.js';
export type { SymbolTable } from './pe/debug/symbols.js';
export { symbolsFromMap, symbolsFromPdb } from './pe/debug/symbols.js';
export type { Anomaly, Parsed, ParseError } from './pe/errors.js';
export type { FileHeader, OptionalHeader } from './pe/headers.js';
export { type Image, parseImage } from './pe/image.js';
export type { ImageKind } from './pe/kind.js';
export type { Machine } from './pe/machine.js';
export type { Section } from './pe/sections.js';
export { rules } from './rules/catalogue.js';
export type { CheckOptions, CheckResult } from './rules/check.js';
export { check } from './rules/check.js';
export { type CodeReading, readingCode } from './rules/code-catalogue.js';
export type { Effect, Finding, FixCapability, Severity, SeveritySetting, Undetermined } from './rules/finding.js';
export type { LineLookup, RuleMeta, SymbolLookup } from './rules/rule.js';
export type { SourceLine } from './rules/source-line.js';
export { parseTargetOs, TARGET_OS_NAMES, type TargetOs } from './rules/target-os.js';
