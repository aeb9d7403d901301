/** Judges the arguments of every call of the catalogue's DDIs. */
import { Callers, type Choice, linkOf, type Resolution } from './callers.js';
import type { JudgedArgument } from './ddi/ddi.js';
import { poolTagName } from './ddi/pool-tag.js';
import type { JudgedCall } from './facts.js';
import { type Blind, type FoundCall, findCalls, readAt } from './found-calls.js';
import { Globals } from './globals.js';
import { judge } from './judge.js';
import type { Program } from './program.js';
import { Results } from './results.js';
import { knownBits, singleConstant, type Value } from './value.js';

/** Where values come from that the function itself does not make. */
interface Sources {
  readonly program: Program;
  readonly callers: Callers;
  readonly globals: Globals;
  readonly results: Results;
}

/** Every argument that decides, of every call; in order of address. */
export function judgeCalls(program: Program, blind: Blind): JudgedCall[] {
  const results = new Results(program);
  const globals = new Globals(program, results);
  const sources: Sources = { program, callers: new Callers(program), globals, results };
  const judged: JudgedCall[] = [];
  const seen = new Set<string>();
  for (const found of findCalls(program, blind, globals)) {
    for (const argument of found.ddi.judged) {
      for (const call of judgeArgument(found, argument, sources)) {
        // Two paths into one wrapper meet in the same caller: one line for it.
        const key = `${call.rva} ${call.chain.length} ${call.chain.at(-1)?.rva} ${argument.parameter} ${call.outcome}`;
        if (!seen.has(key)) judged.push(call);
        seen.add(key);
      }
    }
  }
  return judged.sort((a, b) => a.rva - b.rva);
}

function judgeArgument(
  found: FoundCall,
  argument: JudgedArgument,
  { program, callers, globals, results }: Sources,
): JudgedCall[] {
  const { ddi, call, code, values } = found;
  const positions = [argument.argument, argument.accessMode, argument.volumeContext, ddi.tag];
  const asked = positions.map((position) => readAt(values, position));
  const own = linkOf(program, call, code);
  const returns = found.gaveUp || call.uncertain ? null : results.constantsBehind(asked.slice(0, 2));
  // What is returned may be compared, so that not all of it comes to the call, or none.
  const reached = returns === null ? values : found.under([], returns);
  if (reached === null) return [];
  const known = reached === 'lost' ? values : reached;
  // The tag alone is no reason to look at callers: it only makes the message better.
  const deciding = positions.map((position, index) => {
    const value = index < 2 ? readAt(known, position) : null;
    return value === null ? null : results.expand(value);
  });
  // What is safe whatever the callers pass needs none of them.
  const alone = judge(argument, deciding[0] as Value, deciding[1] ?? null, globals);
  const choice: Choice = {
    isOpen: ([value = null, mode = null]) => {
      const { outcome } = value === null ? alone : judge(argument, results.expand(value), mode, globals);
      return outcome === 'conditional' || outcome === 'undetermined';
    },
    under: (given) => {
      const passed = found.under(given, returns);
      if (passed === null || passed === 'lost') return passed;
      return deciding.map((value, index) => (value === null ? null : readAt(passed, positions[index])));
    },
  };
  const resolutions: readonly Resolution[] =
    found.gaveUp || call.uncertain || alone.outcome === 'ok'
      ? [{ values: [...deciding.slice(0, 2), ...asked.slice(2)], chain: [own], open: null }]
      : callers.resolve(code, deciding, [own], choice).map((each) => ({
          ...each,
          values: [...each.values.slice(0, 2), ...callers.along(code, each.chain, asked.slice(2))],
        }));
  return resolutions.map((resolution) => {
    const [value, accessMode = null, volumeContext = null, tag = null] = resolution.values;
    let result = judge(argument, results.expand(value as Value), accessMode && results.expand(accessMode), globals);
    if (result.outcome !== 'ok' && resolution.open !== null)
      result = { ...result, outcome: 'undetermined', reason: resolution.open };
    if (result.outcome !== 'undetermined' && result.outcome !== 'ok' && (found.gaveUp || call.uncertain))
      result = {
        ...result,
        outcome: 'undetermined',
        reason: 'the code around the call is reached in a way that is not understood',
      };
    const outermost = resolution.chain[0] ?? own;
    const volume = volumeContext === null ? null : knownBits(volumeContext);
    return {
      ddi,
      judged: argument,
      ...result,
      rva: outermost.rva,
      length: outermost.length,
      // A thunk, or a wrapper that ends in a jump, has the return address of its caller.
      returnRva: resolution.chain.findLast((link) => link.returnRva !== null)?.returnRva ?? null,
      function: outermost.function,
      chain: resolution.chain,
      tag: tag === null ? null : tagText(tag),
      isVolumeContext: volume !== null && (volume.ones & 0xffff) === 1 && (volume.zeros & 0xfffe) === 0xfffe,
    };
  });
}

/** Null where it is not constant, or none is passed. */
function tagText(value: Value): string | null {
  const number = singleConstant(value);
  return number === null || number === 0 ? null : poolTagName(number);
}
