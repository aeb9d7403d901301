/** Child process of adversarial.test.ts: builds one image, runs the engine over it, prints what it took. */
import { ADVERSARIAL } from './adversarial-images.js';
import { EVERYTHING, runEngine } from './run-engine.js';

const build = ADVERSARIAL[process.argv[2] ?? ''];
if (build === undefined) throw new Error(`there is no adversarial image ${process.argv[2]}`);
const bytes = build();
const start = performance.now();
const outcome = runEngine(bytes, { ...EVERYTHING, stripExecute: ['.rdata', 'NEST'] });
const milliseconds = Math.round(performance.now() - start);
process.stdout.write(JSON.stringify({ outcome, milliseconds, size: bytes.length }));
