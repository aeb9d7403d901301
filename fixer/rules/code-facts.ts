/** Where a rule on code starts. Types alone are imported: lists of rules are made without what reads code. */
import type { CodeFacts } from '../code/facts.js';
import type { RuleContext } from './rule.js';

/** What the code says to the rule `code`; null where it does not apply. Calls that nobody looked at are said of it here. */
export function codeFactsFor(context: RuleContext, code: string): CodeFacts | null {
  const { code: view } = context;
  if (view.kind === 'unreadable') {
    context.undetermined(view.reason);
    return null;
  }
  if (view.kind !== 'facts') {
    context.notApplicable(view.kind === 'not-needed' ? 'no-listed-ddi' : 'code-not-examined');
    return null;
  }
  for (const { rule, reason } of view.facts.unseen) if (rule === code) context.undetermined(reason);
  return view.facts;
}
