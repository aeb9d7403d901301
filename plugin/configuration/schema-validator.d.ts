/** Made from hvci-fix.config.schema.json by the build (ajv, compiled ahead of time: compiling it at start costs 20 ms). */
import type { ErrorObject } from 'ajv';

declare const validate: { (data: unknown): boolean; errors?: ErrorObject[] | null };
export default validate;
