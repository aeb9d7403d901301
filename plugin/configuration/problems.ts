/** Turns a validator's errors into lines that name the key, what is wrong with it and what it takes. */
import type { ErrorObject } from 'ajv';
import { rules } from '../../fixer/rules/catalogue.js';
import type { Configuration } from './configuration.js';
import validate from './schema-validator.js';
import { targetOsNamed } from './target-os.js';

const KEYS = [
  'targetOs',
  'severity',
  'maxWarnings',
  'code',
  'treatAs',
  'stripWrite',
  'stripExecute',
  'suppress',
  'linker',
];
const SUPPRESS_KEYS = ['code', 'path', 'section', 'reason'];

/** Empty for a configuration that is right. */
export function describeProblems(data: unknown): string[] {
  if (!validate(data)) return [...new Set((validate.errors ?? []).map(describe).filter((line) => line !== ''))];
  const values = data as Configuration;
  const problems: string[] = [];
  if (values.targetOs !== undefined && values.targetOs !== 'auto' && targetOsNamed(values.targetOs) === null) {
    problems.push(
      `targetOs: "${values.targetOs}" is no Windows release; use auto, a release such as 1703 or 11-24H2, or a build such as 10.0.15063`,
    );
  }
  const known = new Set(rules.map(({ meta }) => meta.code));
  for (const code of Object.keys(values.severity ?? {}))
    if (!known.has(code)) problems.push(`severity.${code}: there is no such rule`);
  for (const [index, { code }] of (values.suppress ?? []).entries())
    if (!known.has(code)) problems.push(`suppress[${index}].code: there is no rule ${code}`);
  // A pattern matches files: what ends in a separator would match none.
  for (const [index, { path }] of (values.suppress ?? []).entries())
    if (path !== undefined && /[\\/]$/.test(path))
      problems.push(
        `suppress[${index}].path: "${path}" names a folder; write "${path.slice(0, -1)}/**" for every image below it`,
      );
  const both = values.stripWrite?.find((name) => values.stripExecute?.includes(name));
  if (both !== undefined) problems.push(`stripWrite and stripExecute both name section ${both}; choose one`);
  return problems;
}

function describe(error: ErrorObject): string {
  const where = error.instancePath
    .replace(/^\//, '')
    .replace(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.');
  const at = where === '' ? '' : `${where}: `;
  const { params } = error;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      return `${at}unknown key "${key}"; the keys are ${(where === '' ? KEYS : SUPPRESS_KEYS).join(', ')}`;
    }
    case 'enum':
      return `${at}must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
    case 'type':
      return `${at}must be ${params['type'] === 'array' ? 'a list' : `of type ${String(params['type'])}`}`;
    case 'required':
      return `${at}"${String(params['missingProperty'])}" is missing`;
    case 'minimum':
      return `${at}must not be below ${String(params['limit'])}`;
    case 'pattern':
      // For a key's name the error of `propertyNames` says the same with the key in it.
      return error.propertyName !== undefined
        ? ''
        : `${at}${where.endsWith('code') ? 'must be a rule code such as HVCI2003' : 'must not be empty'}`;
    case 'propertyNames':
      return `${at}"${String(params['propertyName'])}" is no rule code`;
    default:
      return `${at}${error.message ?? 'is wrong'}`;
  }
}
