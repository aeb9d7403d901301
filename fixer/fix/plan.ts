/**
 * The plan: every edit with its cause, its offset, the bytes before and after. Pure data, made before anything is
 * touched. It follows from the findings: what the user switched off is not fixed either.
 */

import type { CodeEngine } from '../code/facts.js';
import { OPTIONAL_HEADER_FIELDS } from '../pe/headers.js';
import type { Image } from '../pe/image.js';
import { isExecuteWrite, isInit, type Section } from '../pe/sections.js';
import {
  IMAGE_DIRECTORY_ENTRY_SECURITY,
  IMAGE_DLLCHARACTERISTICS_NX_COMPAT,
  IMAGE_SCN_MEM_DISCARDABLE,
} from '../pe/winnt.js';
import { isAlignmentSound } from '../rules/alignment-conditions.js';
import type { CheckResult } from '../rules/check.js';
import { type Edit, type EditRequest, mergeEdits } from './edit.js';
import { finalizeCheckSum } from './finalize.js';
import { raiseAlignment } from './raise-alignment.js';
import type { Refusal } from './refusal.js';
import { examineRuns } from './run-proof.js';
import { examineStores } from './store-proof.js';
import { stripAccess } from './strip-access.js';
import { hasCertificateEntry, removeSignature } from './strip-signature.js';

export interface FixOptions {
  /** Section names from which W, or X, is taken although they are not INIT. */
  readonly stripWrite?: readonly string[];
  readonly stripExecute?: readonly string[];
  /** Remove a signature that a fix would invalidate. Without it a signed image is refused. */
  readonly stripSignature?: boolean;
  /** Looks for stores into sections that lose write access; without it the plan says that nobody looked. */
  readonly code?: CodeEngine;
}

export interface Plan {
  /** Length of the file that the plan was made for. */
  readonly fileLength: number;
  /** By offset, the checksum among them. Empty: nothing to do. */
  readonly edits: readonly Edit[];
  /** File length afterwards, null where it stays. */
  readonly truncateTo: number | null;
  /** Why the plan as a whole may not be applied (a signature, edits in conflict); its edits show what would be done. */
  readonly blocked: Refusal | null;
  /** Single fixes that are not part of the plan, and why. */
  readonly refusals: readonly Refusal[];
  readonly notes: readonly string[];
}

/** Total. `result` is what `check` said of this very image. */
export function planFixes(image: Image, result: CheckResult, options: FixOptions = {}): Plan {
  const fileLength = image.bytes.length;
  const codes = new Set(result.findings.map(({ code }) => code));
  const requests: EditRequest[] = [];
  const refusals: Refusal[] = [];
  const notes: string[] = [];
  const take = (part: { requests: readonly EditRequest[]; refusals: readonly Refusal[] }): void => {
    // One by one: a spread of tens of thousands of arguments overflows the stack.
    for (const request of part.requests) requests.push(request);
    for (const refusal of part.refusals) refusals.push(refusal);
  };
  if (!result.applicable) return { fileLength, edits: [], truncateTo: null, blocked: null, refusals, notes };

  const wishes = { stripWrite: options.stripWrite ?? [], stripExecute: options.stripExecute ?? [] };
  if (codes.has('HVCI2003') || wishes.stripWrite.length + wishes.stripExecute.length > 0)
    take(stripAccess(image, wishes, fieldsOf(result.findings, 'HVCI2003')));
  if (codes.has('HVCI2004')) take(raiseAlignment(image));
  for (const examine of [examineStores, examineRuns]) {
    const examined = examine(image, requests.splice(0), options.code);
    take(examined);
    notes.push(...examined.notes);
  }
  if (isRaised(requests) && image.sections.some(isDiscardedInit))
    notes.push(
      'INIT gets pages of its own: Windows may free them once the driver has started, which it cannot where the image is mapped as one piece. What is used later may not lie there',
    );
  if (codes.has('HVCI3002') && mayClaimNx(image, requests)) requests.push(nxCompat(image));

  let truncateTo: number | null = null;
  let blocked: Refusal | null = null;
  // A signature does not cover CheckSum: a plan that changes nothing else leaves it valid, and so in place.
  if (
    hasCertificateEntry(image) &&
    (requests.length > 0 || (codes.has('HVCI4003') && options.stripSignature === true))
  ) {
    // Where nobody can tell whether there is a signature, the word of the user does not help either.
    const isToldOf = image.cutOffDirectory(IMAGE_DIRECTORY_ENTRY_SECURITY) === null;
    const removal =
      options.stripSignature === true || !isToldOf ? removeSignature(image) : signedRefusal(result.signed);
    if ('code' in removal) blocked = removal;
    else {
      requests.push(...removal.requests);
      truncateTo = removal.truncateTo;
      notes.push(removal.note);
    }
  }
  const merged = mergeEdits(image.bytes, requests);
  if (!merged.ok)
    return {
      fileLength,
      edits: [],
      truncateTo: null,
      blocked: { code: 'edit-conflict', cause: null, section: null, message: merged.message },
      refusals,
      notes,
    };
  const checkSum =
    merged.edits.length > 0 || codes.has('HVCI4001') ? finalizeCheckSum(image, merged.edits, truncateTo) : null;
  const edits = checkSum === null ? merged.edits : [...merged.edits, checkSum].sort((a, b) => a.offset - b.offset);
  if (edits.length > 0) notes.push(symbolServerNote(edits));
  return { fileLength, edits, truncateTo, blocked, refusals, notes: edits.length > 0 ? notes : [] };
}

const fieldsOf = (findings: CheckResult['findings'], wanted: string): Set<string> =>
  new Set(findings.filter(({ code }) => code === wanted).map(({ field }) => field ?? ''));

/** A symbol server finds an image by TimeDateStamp and SizeOfImage; the fix never touches the first. */
function symbolServerNote(edits: readonly Edit[]): string {
  const moved = edits.some(({ field }) => field === 'optionalHeader.sizeOfImage');
  return moved
    ? 'SizeOfImage changes, and with it the key under which a symbol server finds the image'
    : 'the key under which a symbol server finds the image stays; a published copy must be added again';
}

const isRaised = (requests: readonly EditRequest[]): boolean =>
  requests.some(({ field }) => field === 'optionalHeader.sectionAlignment');

const isDiscardedInit = (section: Section): boolean =>
  isInit(section) && (section.characteristics & IMAGE_SCN_MEM_DISCARDABLE) !== 0;

/** NX is claimed only for an image that, once the plan is applied, has no W+X section and whole pages. */
function mayClaimNx(image: Image, requests: readonly EditRequest[]): boolean {
  const stripped = new Set(requests.filter(({ clear }) => clear !== undefined).map(({ field }) => field));
  const raised = isRaised(requests);
  const executeWrite = image.sections.some(
    (section) => isExecuteWrite(section) && !stripped.has(`sections[${section.index}].characteristics`),
  );
  return !executeWrite && (raised || isAlignmentSound(image));
}

function nxCompat(image: Image): EditRequest {
  return {
    offset: image.optionalHeader.offset + OPTIONAL_HEADER_FIELDS.dllCharacteristics,
    length: 2,
    set: IMAGE_DLLCHARACTERISTICS_NX_COMPAT,
    field: 'optionalHeader.dllCharacteristics',
    section: null,
    cause: 'HVCI3002',
    description: 'set IMAGE_DLLCHARACTERISTICS_NX_COMPAT',
  };
}

function signedRefusal(signed: boolean): Refusal {
  const what = signed
    ? 'The image is signed, and any edit but the checksum invalidates the signature'
    : 'The image has a certificate table that is broken or not there';
  return {
    code: 'signed',
    cause: null,
    section: null,
    message: `${what}. Use --strip-signature to remove it, or --sign-with "<command with {file}>" to sign again after the fix. A Microsoft signature (WHQL, attestation) cannot be made again that way: fix before submitting.`,
  };
}
