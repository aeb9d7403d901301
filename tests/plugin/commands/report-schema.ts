/** The shipped JSON Schema of the report, closed: members that it does not name fail, so that none is added unseen. */
import { readFileSync } from 'node:fs';
import { repositoryFile } from '../../support/repository.js';

export type Schema = Readonly<Record<string, unknown>>;

export const publishedSchema = JSON.parse(
  readFileSync(repositoryFile('plugin/report/hvci-fix.report.schema.json'), 'utf8'),
) as Schema & { readonly definitions: Readonly<Record<string, Schema>> };

/** `definition`: one of the schema's; without it the whole report. */
export function closedSchema(definition?: string): Schema {
  const { $id: _, ...rest } = publishedSchema;
  const { definitions } = closed(rest) as { definitions: Schema };
  return definition === undefined ? (closed(rest) as Schema) : { $ref: `#/definitions/${definition}`, definitions };
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, closed(member)]));
  return isObjectSchema(value) && !('allOf' in value) ? { ...members, additionalProperties: false } : members;
}

const isObjectSchema = (schema: object): schema is { properties: Record<string, Schema> } =>
  'type' in schema && schema.type === 'object' && 'properties' in schema;

/** Paths of all members, `images[].findings[].code`; the value of `visit` is the member's own schema. */
export function eachMember(visit: (path: string, member: Schema) => void): void {
  const walk = (schema: Schema, path: string): void => {
    const { $ref, anyOf, items, properties } = schema as {
      $ref?: string;
      anyOf?: Schema[];
      items?: Schema;
      properties?: Record<string, Schema>;
    };
    if ($ref !== undefined) walk(publishedSchema.definitions[$ref.replace('#/definitions/', '')] ?? {}, path);
    for (const choice of anyOf ?? []) walk(choice, path);
    if (items !== undefined) walk(items, `${path}[]`);
    for (const [name, member] of Object.entries(properties ?? {})) {
      visit(`${path}.${name}`, resolved(member));
      walk(member, `${path}.${name}`);
    }
  };
  walk(publishedSchema, '');
}

const resolved = (schema: Schema): Schema =>
  typeof schema['$ref'] === 'string'
    ? (publishedSchema.definitions[schema['$ref'].replace('#/definitions/', '')] ?? {})
    : schema;

/** The paths, in the same form, of all members that a report has. `data` is the rules' own. */
export function membersOf(value: unknown, path = '', found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const item of value) membersOf(item, `${path}[]`, found);
  else if (typeof value === 'object' && value !== null && !path.endsWith('.data'))
    for (const [name, member] of Object.entries(value)) {
      found.add(`${path}.${name}`);
      membersOf(member, `${path}.${name}`, found);
    }
  return found;
}
