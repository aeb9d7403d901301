/** The JSON report of design.md as a JSON Schema: every member, its type, its values; nothing may be added unseen. */

const SEVERITIES = ['error', 'warning', 'info'];
const EFFECTS = ['refused-at-load', 'refused-in-strict-mode', 'reported-by-verifier', 'crash-at-run-time', 'hygiene'];
const OUTCOMES = ['none', 'planned', 'fixed', 'refused'];

type Schema = Record<string, unknown>;

const string: Schema = { type: 'string' };
const text: Schema = { type: 'string', minLength: 1 };
const count: Schema = { type: 'integer', minimum: 0 };
const flag: Schema = { type: 'boolean' };
const code: Schema = { type: 'string', pattern: '^HVCI\\d{4}$' };
const hex: Schema = { type: 'string', pattern: '^(?:[0-9a-f]{2})+$' };
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
const list = (items: Schema): Schema => ({ type: 'array', items });
const oneOf = (...values: string[]): Schema => ({ enum: values });

/** All of `members` are required, `optional` may be there, nothing else may. */
function object(members: Record<string, Schema>, optional: Record<string, Schema> = {}): Schema {
  const required = Object.keys(members);
  return { type: 'object', required, properties: { ...members, ...optional }, additionalProperties: false };
}

const finding = object(
  {
    code,
    name: { type: 'string', pattern: '^[a-z]+(?:-[a-z]+)*$' },
    severity: oneOf(...SEVERITIES),
    effect: oneOf(...EFFECTS),
    message: text,
    hint: text,
    section: orNull(string),
    field: orNull(text),
    offset: orNull(count),
    length: orNull(count),
    rva: orNull(count),
    symbol: orNull(text),
    data: { type: 'object' },
    fix: oneOf('safe', 'opt-in', 'none'),
    outcome: oneOf(...OUTCOMES),
    refusal: orNull(text),
  },
  { suppressed: object({ reason: text }) },
);

const error = object({ code: text, path: string, offset: orNull(count), message: text });

const edits = list(
  object({
    offset: count,
    length: count,
    field: text,
    section: orNull(string),
    cause: text,
    before: hex,
    after: hex,
    description: text,
  }),
);
const refusals = list(object({ code: text, section: orNull(string), message: text }));

const plan = object({
  outcome: oneOf('planned', 'fixed', 'unchanged', 'refused'),
  failed: flag,
  writtenTo: orNull(text),
  backup: orNull(text),
  edits,
  refusals,
  notes: list(text),
});

const pageMap = object({
  sectionAlignment: count,
  sizeOfHeaders: count,
  sizeOfImage: count,
  sections: list(object({ name: string, rva: count, size: count, characteristics: count })),
  iat: list(object({ rva: count, length: count })),
  straddles: list(count),
  edits,
  refusals,
});

const imageMembers: Record<string, Schema> = {
  path: string,
  sha256: orNull({ type: 'string', pattern: '^[0-9a-f]{64}$' }),
  size: count,
  machine: oneOf('x64', 'x86', 'arm64', 'arm', 'ia64', 'unknown'),
  kind: oneOf('driver', 'native-application', 'user-mode', 'efi', 'not-pe'),
  signed: flag,
  status: oneOf('clean', 'findings', 'undetermined', 'unreadable', 'not-applicable'),
  findings: list(finding),
  undetermined: list(object({ code, reason: text })),
  coverage: object({ callSites: count, resolved: count, notes: list(text) }),
};
const imageOptional = {
  archive: text,
  authenticode: object({
    sha1: { type: 'string', pattern: '^[0-9a-f]{40}$' },
    sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    embedded: list(object({ algorithm: text, hash: hex, matches: flag })),
    catalogs: list(text),
  }),
  error,
  duplicateOf: text,
  plan,
  pageMap,
  machines: list(text),
  anomalies: list(object({ code: text, path: text, offset: count, message: text })),
};

const summary = object({
  images: count,
  clean: count,
  errors: count,
  warnings: count,
  fixed: count,
  refused: count,
  unreadable: count,
});
const interrupted = object({ signal: oneOf('SIGINT', 'SIGTERM'), done: count, total: orNull(count) });
const tool = object({ name: oneOf('hvci-fix'), version: text });
const targetOs: Schema = { type: 'string', pattern: '^(?:11-)?(?:\\d{4}|\\d\\dH[12])$' };
const version: Schema = { const: 1 };

export const reportSchema: Schema = object(
  { schemaVersion: version, tool, targetOs, images: list(object(imageMembers, imageOptional)), summary },
  { interrupted },
);

/** One line of NDJSON. */
export const lineSchema: Schema = {
  oneOf: [
    object({ type: oneOf('image'), schemaVersion: version, ...imageMembers }, imageOptional),
    object({ type: oneOf('summary'), schemaVersion: version, tool, targetOs, summary }, { interrupted }),
  ],
};
