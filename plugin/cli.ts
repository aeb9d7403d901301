#!/usr/bin/env node
/** The command `hvci-fix`. Start-up is paid on every link, so nothing is imported here that not every run needs. */
import { type Call, parseCall } from './call/arguments.js';
import { CallError } from './call/call-error.js';
import { checkCommand } from './commands/check.js';
import { OutputError, writeOut } from './files/output.js';
import { nodeProblem } from './node-version.js';
import { VERSION } from './version.js';

async function main(args: readonly string[]): Promise<number> {
  // Its response file has to be read before its options can be.
  if (args[0] === 'build-step') return (await import('./commands/build-step.js')).runBuildStep(args.slice(1));
  const call = parseCall(args);
  if (args.length === 0 || call.values['help'] === true) return help(call, args.length === 0);
  if (call.values['version'] === true) {
    writeOut(1, `${VERSION}\n`);
    return 0;
  }
  return run(call);
}

async function run(call: Call): Promise<number> {
  switch (call.command.name) {
    case 'check':
      return checkCommand(call);
    case 'fix':
      return (await import('./commands/fix.js')).fixCommand(call);
    case 'report':
      return (await import('./commands/report.js')).reportCommand(call);
    case 'undo':
      return (await import('./commands/undo.js')).undoCommand(call);
    case 'init':
      return (await import('./commands/init.js')).initCommand(call);
    case 'baseline':
      return (await import('./commands/baseline.js')).baselineCommand(call);
    case 'build-step':
      throw new CallError('build-step comes first: hvci-fix build-step --image FILE ...');
    case 'status':
      return (await import('./commands/status.js')).statusCommand(call);
    case 'explain':
      return (await import('./commands/explain.js')).explainCommand(call);
  }
}

/** A call without anything is a wrong call, answered with the help on standard error. */
async function help(call: Call, wrong: boolean): Promise<number> {
  const { commandHelp, generalHelp } = await import('./commands/help.js');
  writeOut(wrong ? 2 : 1, call.commandNamed ? commandHelp(call.command) : generalHelp());
  return wrong ? 2 : 0;
}

/** Called by the bundle where it is the program that was started. */
export function start(): void {
  const problem = nodeProblem();
  if (problem !== null) {
    process.exitCode = 2;
    writeOut(2, `hvci-fix : error : ${problem}\n`);
    return;
  }
  main(process.argv.slice(2)).then(
    // At once: nothing is left to be done, and to wind down takes as long as the rules.
    (exitStatus) => process.exit(exitStatus),
    (error: unknown) => {
      try {
        complain(error);
      } finally {
        // A list on standard input that comes to no end, or a thread that still runs, would be waited for.
        process.exit(2);
      }
    },
  );
}

function complain(error: unknown): void {
  if (error instanceof CallError || error instanceof OutputError) {
    writeOut(2, `hvci-fix: ${error.message}\n`);
    return;
  }
  // A bug of ours: no stack trace for the user, but a way to get one.
  const detail =
    error instanceof Error ? (process.env['HVCI_FIX_DEBUG'] && error.stack) || error.message : String(error);
  writeOut(2, `hvci-fix: internal error, please report it (HVCI_FIX_DEBUG=1 shows where): ${detail}\n`);
}
