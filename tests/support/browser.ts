/** A real Chromium, without a network, that keeps what a page did wrong: violations of its policy, errors, requests. */
import { pathToFileURL } from 'node:url';
import type { ExecutionContext } from 'ava';
import { type Browser, chromium, type Page } from 'playwright-core';
import { toolPath } from './toolchain/tools.js';

export const browserTools = ['chromium'] as const;

let started: Promise<Browser> | null = null;

/** One for the test file; the process's end ends it. */
const browser = (): Promise<Browser> => {
  started ??= chromium.launch({ executablePath: toolPath('chromium'), args: ['--no-sandbox'] });
  return started;
};

export interface Opened {
  readonly page: Page;
  /** Console errors, exceptions, dialogs, violations of the policy, requests but the page's own. Empty where all is well. */
  wrong(): Promise<readonly string[]>;
}

export interface View {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}

export async function openPage(t: ExecutionContext, file: string, view: View = {}): Promise<Opened> {
  const context = await (await browser()).newContext({
    viewport: { width: view.width ?? 1400, height: view.height ?? 900 },
    colorScheme: view.dark === true ? 'dark' : 'light',
    offline: true,
  });
  t.teardown(() => context.close());
  const page = await context.newPage();
  const seen: string[] = [];
  const url = pathToFileURL(file).href;
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') seen.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => seen.push(`exception: ${error.message}`));
  page.on('dialog', (dialog) => {
    seen.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url() !== url) seen.push(`request: ${request.url()}`);
  });
  await page.addInitScript(`
    window.violations = [];
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
      window.violations.push('policy: ' + violatedDirective + ' ' + blockedURI + ' ' + sample));
  `);
  await page.goto(url);
  return { page, wrong: async () => [...seen, ...(await page.evaluate<string[]>('window.violations'))] };
}

export async function closeBrowser(): Promise<void> {
  if (started !== null) await (await started).close();
}
