/** The codes of all rules, for whoever checks a name and must not load the rules; a test holds them to the catalogues. */
const IMAGE_RULE_CODES: readonly string[] = [
  'HVCI2003',
  'HVCI2004',
  'HVCI2005',
  'HVCI3001',
  'HVCI3002',
  'HVCI4001',
  'HVCI4002',
  'HVCI4003',
];

/** Those of the rules that read code. */
export const CODE_RULE_CODES: readonly string[] = [
  'HVCI2000',
  'HVCI2001',
  'HVCI2002',
  'HVCI3003',
  'HVCI3004',
  'HVCI3005',
  'HVCI3006',
];

export const RULE_CODES: readonly string[] = [...IMAGE_RULE_CODES, ...CODE_RULE_CODES];
